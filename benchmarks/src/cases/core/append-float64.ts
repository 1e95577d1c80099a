import { GrowableFloat64 } from "@millrace/buffers";
import type { BenchmarkCase } from "../../case.ts";

const VALUES = 500_000;

/** Appends half a million numbers, one at a time, and takes them as one array. */
export const benchmark: BenchmarkCase = {
  unit: "values",
  amount: VALUES,
  ours: {
    name: "millrace",
    prepare: async () => {
      const work = (): Float64Array => {
        const buffer = new GrowableFloat64();
        for (let i = 0; i < VALUES; i++) buffer.push(i * 0.5);
        return buffer.take();
      };
      if (work()[VALUES - 1] !== (VALUES - 1) * 0.5) throw new Error("wrong last value");
      return () => {
        work();
      };
    },
  },
  peers: [
    {
      name: "Array.push",
      prepare: async () => () => {
        const values: number[] = [];
        for (let i = 0; i < VALUES; i++) values.push(i * 0.5);
        Float64Array.from(values);
      },
    },
  ],
};
