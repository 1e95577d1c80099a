import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataExporter, type ExporterOptions, type LogBlock, quickLoad } from "../src/index.ts";

let directory: TempDirectory;
beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const open = (options: ExporterOptions = {}): DataExporter =>
  new DataExporter("block", { outputDirectory: directory.path, git: false, ...options });

describe("logBlock", () => {
  it("stores the same as a log of each step, however the steps are cut into blocks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        fc.boolean(),
        async (neurons, sizes, neuralSamplingRate, isRegular, isCsr) => {
          const options = { neuralSamplingRate, chunkBytes: 4096 };
          const single = open(options);
          const blocks = open(options);
          single.startEpisode({ neurons });
          blocks.startEpisode({ neurons });
          let next = 0;
          for (const count of sizes) {
            const steps = Array.from({ length: count }, () => {
              next += isRegular ? 1 : 1 + ((next * 7) % 3);
              return next;
            });
            const flagsOf = (step: number): Uint8Array =>
              Uint8Array.from({ length: neurons }, (_, i) => ((step * 5 + i * 3) % 4 === 0 ? 1 : 0));
            const stateOf = (step: number): Float32Array =>
              Float32Array.from({ length: neurons }, (_, i) => step + i / 16);
            for (const timestep of steps) {
              single.log({
                timestep,
                spikes: flagsOf(timestep),
                neuralState: stateOf(timestep),
                behavior: { x: timestep / 2, pose: Float32Array.of(timestep, 1) },
                ...(timestep % 3 === 0 ? { reward: timestep } : {}),
              });
            }
            const flags = Uint8Array.from(steps.flatMap((step) => [...flagsOf(step)]));
            const idsOf = (step: number): number[] =>
              [...flagsOf(step)].flatMap((flag, i) => (flag ? [i] : []));
            const rewarded = steps.filter((step) => step % 3 === 0);
            const first: Partial<LogBlock> =
              isRegular && count > 0
                ? { firstTimestep: steps[0]!, stepCount: count }
                : { timesteps: Float64Array.from(steps) };
            blocks.logBlock({
              ...first,
              spikes: isCsr
                ? {
                    indptr: Uint32Array.from([
                      0,
                      ...steps.map((_, i) => steps.slice(0, i + 1).flatMap(idsOf).length),
                    ]),
                    ids: Uint16Array.from(steps.flatMap(idsOf)),
                  }
                : flags,
              neuralStates: Float32Array.from(steps.flatMap((step) => [...stateOf(step)])),
              behavior: {
                x: Float64Array.from(steps, (step) => step / 2),
                pose: Float32Array.from(steps.flatMap((step) => [step, 1])),
              },
              rewards: { timesteps: rewarded, values: Float64Array.from(rewarded) },
            });
          }
          single.endEpisode();
          blocks.endEpisode();
          single.close();
          blocks.close();
          const [expected, found] = [await quickLoad(single.path), await quickLoad(blocks.path)];
          expect(found.episodes).toEqual(expected.episodes);
          expect(JSON.parse(String(found.attributes.schema ?? "{}"))).toEqual(
            JSON.parse(String(expected.attributes.schema ?? "{}")),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each<[LogBlock, string]>([
    [{ firstTimestep: 4, stepCount: 1 }, "an integer above the last step, 4"],
    [{ stepCount: 1 }, "firstTimestep and stepCount, or timesteps"],
    [{ timesteps: [5, 5] }, "an integer above the last step, 5"],
    [{ firstTimestep: 5, stepCount: 2, spikes: new Uint8Array(5) }, "6 flags, 3 for each of 2 steps"],
    [{ firstTimestep: 5, stepCount: 1, spikes: Uint8Array.of(0, 2, 0) }, "spikes[1] at step 5: got 2"],
    [{ firstTimestep: 5, stepCount: 1, spikes: { indptr: [0, 1], ids: [3] } }, "a neuron from 0 to 2"],
    [{ firstTimestep: 5, stepCount: 1, spikes: { indptr: [0, 2], ids: [1] } }, "2 entries from 0 to 1"],
    [{ firstTimestep: 5, stepCount: 2, spikes: { indptr: [0, 3, 1], ids: [1] } }, "spikes.indptr[2]: got 1"],
    [
      { firstTimestep: 5, stepCount: 1, rewards: Float64Array.of(Number.NaN) },
      "rewards at step 5, index 0: got NaN",
    ],
    [
      { firstTimestep: 5, stepCount: 1, rewards: { timesteps: [6], values: Float64Array.of(1) } },
      "steps of the block, up to 5",
    ],
    [{ firstTimestep: 5, stepCount: 2, behavior: { x: Float64Array.of(1) } }, "a multiple of 2, the steps"],
    [{ firstTimestep: 5, stepCount: 1, behavior: { x: Float64Array.of(1, 2) } }, "as at its first step"],
    [
      { firstTimestep: 5, stepCount: 1, neuralStates: new Float32Array(2) },
      "3 values, 3 for each of 1 steps",
    ],
    [
      { firstTimestep: 100, stepCount: 1, neuralStates: Float32Array.of(0, Number.NaN, 0) },
      "neuralStates at step 100, index 1: got NaN",
    ],
  ])("refuses %j and stores nothing of it", async (block, message) => {
    const exporter = open();
    exporter.startEpisode({ neurons: 3 });
    exporter.log({ timestep: 4, behavior: { x: 1 } });
    const spoilt: LogBlock = { ...block, behavior: { ...block.behavior, fresh: Float64Array.of(1, 2) } };
    expect(() => exporter.logBlock(block.stepCount === 2 ? spoilt : block)).toThrow(message);
    exporter.close();
    const { info, contents } = (await quickLoad(exporter.path)).episodes[0]!;
    expect(info.steps).toBe(1);
    expect(Object.keys(contents.behavior)).toEqual(["x"]);
    expect(contents.spikes ?? contents.rewards ?? contents.neuralStates).toBeUndefined();
  });
});

describe("logStaticEpisodeData", () => {
  it("stores what comes at once sorted by time step", async () => {
    const exporter = open();
    exporter.startEpisode({ neurons: 10 });
    exporter.logStaticEpisodeData({
      weightChanges: {
        timesteps: [5, 2, 5, 0],
        sources: [1, 2, 3, 4],
        targets: [5, 6, 7, 8],
        oldWeights: [0, 0, 0, 0],
        newWeights: [0.5, 0.25, -0, 1],
      },
      events: [
        { timestep: 9, type: "late" },
        { timestep: 1, type: "early", data: [1] },
      ],
      rewards: { timesteps: [3, 1], values: Float64Array.of(0, 7) },
      behavior: { pose: { timesteps: [2, 1], values: Float32Array.of(1, 2, 3, 4) } },
    });
    exporter.endEpisode();
    exporter.close();
    const { contents } = (await quickLoad(exporter.path)).episodes[0]!;
    expect(contents.weightChanges).toEqual({
      timesteps: Float64Array.of(0, 2, 5, 5),
      sources: Uint16Array.of(4, 2, 1, 3),
      targets: Uint16Array.of(8, 6, 5, 7),
      oldWeights: new Float64Array(4),
      newWeights: Float64Array.of(1, 0.25, 0.5, -0),
    });
    expect(contents.events).toEqual([
      { timestep: 1, type: "early", data: [1] },
      { timestep: 9, type: "late" },
    ]);
    expect(contents.rewards).toMatchObject({
      timesteps: Float64Array.of(1, 3),
      values: Float64Array.of(7, 0),
    });
    expect(contents.behavior.pose).toEqual({
      timesteps: Float64Array.of(1, 2),
      values: Float32Array.of(3, 4, 1, 2),
      width: 2,
    });
  });

  it("refuses what was logged step by step already, and what cannot be", () => {
    using exporter = open();
    exporter.startEpisode({ neurons: 2 });
    exporter.log({ timestep: 0, reward: 1 });
    const rewards = { timesteps: [1], values: Float64Array.of(1) };
    expect(() => exporter.logStaticEpisodeData({ rewards })).toThrow("nothing was logged of");
    const twice = { timesteps: [1, 1], values: Float64Array.of(1, 2) };
    expect(() => exporter.logStaticEpisodeData({ behavior: { x: twice } })).toThrow("time step 1 twice");
    const weightChanges = { timesteps: [0], sources: [2], targets: [0], oldWeights: [0], newWeights: [0] };
    expect(() => exporter.logStaticEpisodeData({ weightChanges })).toThrow("a neuron from 0 to 1");
    expect(() => exporter.logStaticEpisodeData({ weightChanges: { ...weightChanges, targets: [] } })).toThrow(
      "1 values, one a time step",
    );
  });
});
