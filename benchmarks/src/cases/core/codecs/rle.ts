import { seededRandom } from "@millrace/base";
import { decodeStepRuns, encodeStepRuns } from "@millrace/codecs";
import type { BenchmarkCase, BenchmarkCases, Reach } from "../../../case.ts";
import { checkEqual, checkedContender } from "../../../checked-work.ts";

/** Timesteps in which a neuron is active: bursts of 1 to 40 steps, pauses of 1 to 200. */
function activeSteps(count: number): Uint32Array {
  const random = seededRandom(11);
  const steps = new Uint32Array(count);
  let step = 0;
  let left = 0;
  for (let i = 0; i < count; i++) {
    if (left === 0) {
      step += random.nextInt(1, 200);
      left = random.nextInt(1, 40);
    }
    steps[i] = step++;
    left--;
  }
  return steps;
}

interface StepRun {
  readonly start: number;
  count: number;
}

function runsOfObjects(events: readonly { readonly step: number }[]): StepRun[] {
  const runs: StepRun[] = [];
  let latest: StepRun | undefined;
  for (const { step } of events) {
    if (latest !== undefined && step === latest.start + latest.count) latest.count++;
    else {
      latest = { start: step, count: 1 };
      runs.push(latest);
    }
  }
  return runs;
}

function stepObjects(steps: Uint32Array): { step: number }[] {
  return Array.from(steps, (step) => ({ step }));
}

function encodedSteps(steps: Uint32Array): { starts: Uint32Array; counts: Uint32Array; runs: number } {
  const starts = new Uint32Array(steps.length);
  const counts = new Uint32Array(steps.length);
  return { starts, counts, runs: encodeStepRuns(steps, 0, steps.length, starts, counts) };
}

/** Active timesteps to runs; bytes are those of the timesteps as uint32. */
const encode = (count: number, reach?: Reach): BenchmarkCase => ({
  unit: "bytes",
  amount: 4 * count,
  ours: checkedContender("millrace", () => {
    const steps = activeSteps(count);
    const { starts, counts } = encodedSteps(steps);
    const expected = runsOfObjects(stepObjects(steps));
    return {
      work: () => encodeStepRuns(steps, 0, count, starts, counts),
      verify: () => {
        checkEqual(
          starts.subarray(0, expected.length),
          expected.map(({ start }) => start),
        );
        checkEqual(
          counts.subarray(0, expected.length),
          expected.map(({ count }) => count),
        );
      },
    };
  }),
  peers: [
    checkedContender("loop over objects", () => {
      const events = stepObjects(activeSteps(count));
      return {
        work: () => runsOfObjects(events),
        verify: () => {
          const { runs } = encodedSteps(activeSteps(count));
          if (runsOfObjects(events).length !== runs) throw new Error("another number of runs");
        },
      };
    }),
  ],
  ...(reach === undefined ? {} : { reach }),
});

/** Runs to active timesteps. */
const decode = (count: number, reach?: Reach): BenchmarkCase => ({
  unit: "bytes",
  amount: 4 * count,
  ours: checkedContender("millrace", () => {
    const expected = activeSteps(count);
    const { starts, counts, runs } = encodedSteps(expected);
    const steps = new Uint32Array(count);
    return {
      work: () => decodeStepRuns(starts, counts, runs, steps, 0),
      verify: () => checkEqual(steps, expected),
    };
  }),
  peers: [
    checkedContender("loop over objects", () => {
      const expected = activeSteps(count);
      const runs = runsOfObjects(stepObjects(expected));
      const work = (): { step: number }[] => {
        const events: { step: number }[] = [];
        for (const { start, count } of runs) {
          for (let step = start; step < start + count; step++) events.push({ step });
        }
        return events;
      };
      return {
        work,
        verify: () =>
          checkEqual(
            work().map(({ step }) => step),
            expected,
          ),
      };
    }),
  ],
  ...(reach === undefined ? {} : { reach }),
});

// A chunk's 64 Ki objects stay in the processor's caches, a frame's 1 Mi do not: the peer is another one then.
export const cases: BenchmarkCases = {
  "encode-64k": encode(1 << 16),
  "encode-1M": encode(1 << 20, { ratio: 10 }),
  "decode-64k": decode(1 << 16),
  "decode-1M": decode(1 << 20, { ratio: 10 }),
};
