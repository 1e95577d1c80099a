import type { BenchmarkCases } from "../../case.ts";
import { recorder, SAMPLING } from "../../snn-run.ts";

const STEPS = 200_000;

export const cases: BenchmarkCases = {
  /** What the analytics cost: a recording with them beside the same without. */
  log: {
    unit: "steps",
    amount: STEPS,
    ours: recorder("with analytics", STEPS, SAMPLING, { analytics: {} }),
    peers: [recorder("without", STEPS, SAMPLING)],
    reach: { ratio: 0.95 },
  },
};
