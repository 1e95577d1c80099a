import { describeHardening } from "./describe-hardening.ts";

await describeHardening({ cuts: 300, mutations: 500 });
