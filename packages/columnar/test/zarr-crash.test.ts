import { seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { ZarrWriter } from "../src/index.ts";
import { readByZarrita } from "./zarr-helpers.ts";

const NAMES = ["a", "g/b"] as const;
const valueAt = (i: number): number => Math.imul(i, 2_654_435_761) | 0;

/** Rows of each array that a checkpoint has acknowledged; -1 before the first. */
function work(vfs: FaultyVfs, acknowledged: number[]): void {
  const writer = ZarrWriter.createSync(vfs, "x.zarr", { checkpointBytes: 0 });
  const options = { kind: "int32", chunkRows: 4, shardChunks: 2 } as const;
  const arrays = [
    writer.root.createDataset("a", options),
    writer.root.createGroup("g").createDataset("b", options),
  ];
  for (let step = 0; step < 12; step++) {
    for (const [i, array] of arrays.entries()) {
      const count = ((step * 5 + i) % 7) + 1;
      array.appendSync(Int32Array.from({ length: count }, (_, k) => valueAt(array.rows + k)));
    }
    if (step % 3 !== 2) continue;
    writer.checkpointSync();
    for (const [i, array] of arrays.entries()) acknowledged[i] = array.rows;
  }
  writer.closeSync();
}

async function check(vfs: FaultyVfs, acknowledged: readonly number[], how: string): Promise<void> {
  for (const [i, name] of NAMES.entries()) {
    if (acknowledged[i]! < 0 && !(await vfs.exists(`x.zarr/${name}/zarr.json`))) continue;
    const { shape, values } = await readByZarrita(vfs, "x.zarr", name);
    if (shape[0]! < acknowledged[i]!)
      expect.fail(`${how}: ${name} has ${shape[0]} rows of ${acknowledged[i]}`);
    const wrong = values.findIndex((value, k) => value !== valueAt(k));
    if (wrong >= 0) expect.fail(`${how}: ${name} has a wrong value at ${wrong}`);
  }
}

describe("every array is as of its last checkpoint or a later one, and exact,", () => {
  it("after a power failure at any call", async () => {
    const whole = new FaultyVfs(1);
    work(whole, [-1, -1]);
    const calls = (["open", "write", "sync", "rename", "makeDirectory", "syncDirectory"] as const).reduce(
      (sum, call) => sum + whole.callCount(call),
      0,
    );
    expect(calls).toBeGreaterThan(100);
    for (let n = 0; n < calls; n++) {
      const vfs = new FaultyVfs(n);
      vfs.haltAfter(n);
      const acknowledged = [-1, -1];
      try {
        work(vfs, acknowledged);
      } catch (error) {
        expect(error).toMatchObject({ code: "ZARR_WRITE_FAILED" });
      }
      await check(vfs.crash(seededRandom(n)), acknowledged, `call ${n}`);
    }
  });

  it.each(["open", "write", "sync", "rename", "syncDirectory"] as const)(
    "when a call of %s fails, which every later call says",
    async (call) => {
      for (let n = 1; n < 60; n++) {
        const vfs = new FaultyVfs(n);
        vfs.failNth({ call, n, error: "EIO" });
        const acknowledged = [-1, -1];
        let failure: unknown;
        try {
          work(vfs, acknowledged);
        } catch (error) {
          failure = error;
        }
        if (vfs.callCount(call) < n) break;
        expect(failure).toMatchObject({ code: "ZARR_WRITE_FAILED", cause: { code: "FILES_IO_FAILED" } });
        await check(vfs, acknowledged, `${call} ${n}`);
        await check(vfs.crash(seededRandom(n)), acknowledged, `${call} ${n} after the power`);
      }
    },
  );
});
