import { describeHardening } from "./describe-hardening.ts";

await describeHardening({ cuts: 100, mutations: 500 });
