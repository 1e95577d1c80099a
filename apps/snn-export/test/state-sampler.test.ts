import { seededRandom } from "@millrace/base";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdaptiveSamplingOptions, DataExporter, quickLoad } from "../src/index.ts";

let directory: TempDirectory;
beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const NEURONS = 4;
const STEPS = 2000;

/** Potentials that rest for long, and drift or jump for a while. */
function statesOf(seed: number): Float32Array[] {
  const random = seededRandom(seed);
  const state = new Float32Array(NEURONS);
  return Array.from({ length: STEPS }, (_, step) => {
    if (step % 200 < 40) state[random.nextInt(0, NEURONS - 1)]! += random.next() - 0.5;
    return state.slice();
  });
}

/** Records the states step by step or as one block; gives the rows that were kept. */
async function keep(states: Float32Array[], adaptiveSampling: AdaptiveSamplingOptions, asBlock: boolean) {
  const exporter = new DataExporter("adaptive", {
    outputDirectory: directory.path,
    git: false,
    adaptiveSampling,
  });
  exporter.startEpisode({ neurons: NEURONS });
  if (asBlock) {
    const neuralStates = Float32Array.from(states.flatMap((state) => [...state]));
    exporter.logBlock({ firstTimestep: 0, stepCount: STEPS, neuralStates });
  } else for (const [timestep, neuralState] of states.entries()) exporter.log({ timestep, neuralState });
  exporter.endEpisode();
  exporter.close();
  return (await quickLoad(exporter.path)).episodes[0]!.contents.neuralStates!;
}

describe.each([false, true])("adaptive sampling (as a block: %s)", (asBlock) => {
  it.each([
    { fastest: 1, slowest: 1000, tolerance: 0 },
    { fastest: 1, slowest: 50, tolerance: 0 },
    { fastest: 5, slowest: 100, tolerance: 0.3 },
    { fastest: 1, slowest: 2000, tolerance: 1 },
  ])("holds every value within the tolerance, at each step that is looked at: %j", async (options) => {
    const states = statesOf(3);
    const { timesteps, values } = await keep(states, options, asBlock);
    expect(timesteps.length).toBeLessThan(STEPS / options.fastest / 2);
    let row = -1;
    for (let step = 0; step < STEPS; step += options.fastest) {
      if (timesteps[row + 1] === step) row++;
      expect(step - timesteps[row]!).toBeLessThan(options.slowest);
      for (let i = 0; i < NEURONS; i++) {
        const error = Math.abs(values[row * NEURONS + i]! - states[step]![i]!);
        if (!(error <= options.tolerance)) expect.fail(`step ${step}, neuron ${i}: off by ${error}`);
      }
    }
    expect(row).toBe(timesteps.length - 1);
  });
});

it("is refused beside a fixed rate, and with bounds that cannot be", () => {
  const open = (options: object) => () =>
    new DataExporter("x", { outputDirectory: directory.path, ...options });
  expect(open({ adaptiveSampling: {}, neuralSamplingRate: 2 })).toThrow("none beside adaptiveSampling");
  expect(open({ adaptiveSampling: { fastest: 5, slowest: 2 } })).toThrow("an integer from 5 to");
  expect(open({ adaptiveSampling: { tolerance: Number.NaN } })).toThrow("a number from 0 on");
  expect(open({ adaptiveSampling: { slowes: 1 } })).toThrow('"slowest", perhaps');
});
