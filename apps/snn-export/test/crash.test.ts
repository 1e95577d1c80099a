import { rmSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { FaultyVfs, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataExporter } from "../src/index.ts";
import { checkSteps, copyToDisk, type Promised, record } from "./helpers.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
});
afterAll(() => directory[Symbol.dispose]());

/** Makes a recording on a disk that may fail; gives the path and what it threw. */
function recordOn(
  vfs: FaultyVfs,
  promised: Promised,
  asyncWrite: boolean,
): { path: string | undefined; error: unknown } {
  let exporter: DataExporter | undefined;
  try {
    exporter = new DataExporter("crash", {
      vfs,
      outputDirectory: "runs",
      chunkBytes: 4096,
      neuralSamplingRate: 2,
      codeSnapshot: "none",
      git: false,
      checkpointIntervalMs: 0,
      asyncWrite,
    });
    record(exporter, 2, seededRandom(4), promised);
    return { path: exporter.path, error: undefined };
  } catch (error) {
    return { path: exporter?.path, error };
  }
}

/** What was acknowledged must be there, and nothing that was never logged. */
async function check(vfs: FaultyVfs, path: string, promised: Promised, how: string): Promise<void> {
  const found = await checkSteps(copyToDisk(vfs, path, directory.path));
  for (const [id, steps] of (promised.acknowledged ?? []).entries()) {
    if ((found[id] ?? -1) < steps) expect.fail(`${how}: episode ${id} has ${found[id]} steps of ${steps}`);
  }
  for (const [id, steps] of found.entries()) {
    if (steps > promised.steps[id]!) expect.fail(`${how}: episode ${id} has steps that nobody logged`);
  }
}

describe.each([false, true])("with asyncWrite %s", (asyncWrite) => {
  it("a power failure at any call leaves the last checkpoint or a later one", async () => {
    const whole = new FaultyVfs(1);
    recordOn(whole, { steps: [], acknowledged: undefined }, asyncWrite);
    const calls = (["write", "sync", "syncDirectory", "open", "makeDirectory"] as const)
      .map((call) => whole.callCount(call))
      .reduce((sum, count) => sum + count, 0);
    expect(calls).toBeGreaterThan(60);
    for (let call = 0; call < calls; call++) {
      const vfs = new FaultyVfs(call);
      vfs.haltAfter(call);
      const promised: Promised = { steps: [], acknowledged: undefined };
      const { path, error } = recordOn(vfs, promised, asyncWrite);
      if (error !== undefined) expect((error as { code?: string }).code).toMatch(/^(FILES|HDF5|SNN)_/);
      const after = vfs.crash(seededRandom(call));
      // Until the constructor has returned, there need be no file.
      if (path === undefined || promised.acknowledged === undefined) continue;
      await check(after, path, promised, `call ${call}`);
    }
  });

  it.each(["ENOSPC", "EIO"] as const)(
    "a disk that fails (%s) at any call is an error, and the same holds",
    async (error) => {
      let failures = 0;
      for (const call of ["write", "sync", "syncDirectory", "open", "makeDirectory", "stat"] as const) {
        for (let n = 1; ; n++) {
          const vfs = new FaultyVfs(n);
          vfs.failNth({ call, n, error });
          const promised: Promised = { steps: [], acknowledged: undefined };
          const outcome = recordOn(vfs, promised, asyncWrite);
          if (vfs.callCount(call) < n) break;
          failures++;
          const where = `${call} ${n}`;
          expect(outcome.error, where).toMatchObject({ code: expect.stringMatching(/^(FILES|HDF5)_/) });

          if (outcome.path === undefined) continue;
          expect((outcome.error as Error).message, where).toContain(outcome.path);
          await check(vfs, outcome.path, promised, where);
        }
      }
      expect(failures).toBeGreaterThan(60);
    },
  );
});

it("a directory that was removed is an error of the next checkpoint, which names the file", () => {
  using other = tempDirectory();
  const exporter = new DataExporter("gone", { outputDirectory: `${other.path}/runs`, git: false });
  exporter.startEpisode({ neurons: 1 });
  exporter.log({ timestep: 0, reward: 1 });
  rmSync(`${other.path}/runs`, { recursive: true });
  const removed = expect.objectContaining({ code: "SNN_FILE_REMOVED", path: exporter.path });
  expect(() => exporter.checkpoint()).toThrow(removed);
  expect(() => exporter.checkpoint()).toThrow(removed);
  expect(() => exporter.close()).toThrow(removed);
});
