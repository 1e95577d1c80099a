import { seededRandom } from "@millrace/base";
import type { Vfs } from "@millrace/files";
import { MemoryVfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import {
  DataExporter,
  ExperimentLoader,
  type ExporterOptions,
  quickLoad,
  recover,
  validate,
} from "../src/index.ts";
import { entryOf, NEURONS } from "./helpers.ts";

/** A run with `ended` episodes and one that runs, left as a kill would: what came after the checkpoint is not there. */
function cutRun(vfs: Vfs, ended: number, steps: number, options: ExporterOptions = {}): string {
  const exporter = new DataExporter("cut", {
    vfs,
    outputDirectory: "runs",
    git: false,
    codeSnapshot: "none",
    neuralSamplingRate: 2,
    checkpointIntervalMs: 0,
    ...options,
  });
  for (let id = 0; id <= ended; id++) {
    exporter.startEpisode({ neurons: NEURONS });
    for (let timestep = 0; timestep < steps; timestep++) exporter.log(entryOf(timestep));
    if (id < ended) exporter.endEpisode({ success: true, summary: { id } });
  }
  exporter.checkpoint();
  return exporter.path;
}

const force = true;

describe("recover", () => {
  it.each([
    [0, 100],
    [1, 100],
    [3, 1],
    [70, 3],
    [2, 0],
  ])(
    "after %d episodes marks the one that ran with its %d steps, and the file is sound",
    async (ended, steps) => {
      const vfs = new MemoryVfs();
      const path = cutRun(vfs, ended, steps);
      expect((await validate(path, { vfs })).findings.map(({ problem }) => problem).join()).toContain(
        "see `recover`",
      );
      const before = await quickLoad(path, { vfs });
      const spikes = before.episodes[ended]!.contents.spikes?.ids.length ?? 0;
      expect(await recover(path, { vfs, force })).toEqual({
        episodes: [{ id: ended, steps, spikes, lastTimestep: steps - 1 }],
        isChanged: true,
      });
      expect((await validate(path, { vfs })).findings).toEqual([]);
      const after = await quickLoad(path, { vfs });
      expect(after.episodes.map(({ contents }) => contents)).toEqual(
        before.episodes.map(({ contents }) => contents),
      );
      expect(after.episodes.map(({ info }) => info.status)).toEqual([
        ...Array.from({ length: ended }, () => "complete"),
        "recovered",
      ]);
      await using loader = await ExperimentLoader.open(path, { vfs });
      expect(loader.summaries().at(-1)).toMatchObject({ id: ended, status: "recovered", summary: undefined });
      const { modifiedMs } = await vfs.stat(path);
      expect(loader.attributes().end_time).toBeLessThanOrEqual(modifiedMs / 1000);
    },
  );

  it("does nothing to a whole file, and nothing a second time", async () => {
    const vfs = new MemoryVfs();
    const path = cutRun(vfs, 1, 10);
    await recover(path, { vfs, force });
    const { size, modifiedMs } = await vfs.stat(path);
    expect(await recover(path, { vfs })).toEqual({ episodes: [], isChanged: false });
    expect(await vfs.stat(path)).toMatchObject({ size, modifiedMs });
  });

  it("closes a file that was cut off between two episodes", async () => {
    const vfs = new MemoryVfs();
    const exporter = new DataExporter("between", { vfs, outputDirectory: "runs", git: false });
    exporter.startEpisode({ neurons: 1 });
    exporter.endEpisode();
    exporter.checkpoint();
    expect(await recover(exporter.path, { vfs, force })).toEqual({ episodes: [], isChanged: true });
    expect((await validate(exporter.path, { vfs })).findings).toEqual([]);
  });

  it("refuses while the process that writes the file is alive, and by force does it all the same", async () => {
    const vfs = new MemoryVfs();
    const path = cutRun(vfs, 0, 10);
    await expect(recover(path, { vfs })).rejects.toMatchObject({ code: "SNN_RUN_ALIVE" });
    expect((await quickLoad(path, { vfs })).episodes[0]!.info.status).toBe("running");
    await expect(recover(path, { vfs, force })).resolves.toMatchObject({ isChanged: true });
  });

  it("refuses a file without an end, and leaves it", async () => {
    const vfs = new MemoryVfs();
    const path = cutRun(vfs, 1, 100);
    const { size } = await vfs.stat(path);
    const file = vfs.openSync(path, "r+");
    file.truncateSync(size - 100);
    await expect(recover(path, { vfs, force })).rejects.toMatchObject({ code: "HDF5_FILE_CORRUPT" });
    expect(file.sizeSync()).toBe(size - 100);
  });

  it("interrupted by a power failure at any call leaves the file as it was or recovered", async () => {
    const seen = new Set<string>();
    for (let call = 0, isDone = false; !isDone; call++) {
      const vfs = new FaultyVfs(1);
      const path = cutRun(vfs, 1, 20);
      vfs.haltAfter(call);
      isDone = await recover(path, { vfs, force }).then(
        () => true,
        () => false,
      );
      const after = vfs.crash(seededRandom(call));
      const { episodes } = await quickLoad(path, { vfs: after });
      expect(episodes.map(({ info }) => info.steps)).toEqual([20, 20]);
      seen.add(episodes[1]!.info.status);
      await recover(path, { vfs: after, force });
      expect((await validate(path, { vfs: after })).findings, `call ${call}`).toEqual([]);
    }
    expect([...seen].sort()).toEqual(["recovered", "running"]);
  });
});
