/** Shipping that power cuts end, for tests of both lanes. */
import { seededRandom } from "@millrace/base";
import type { Vfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { expect } from "vitest";
import { Database, type DatabaseOptions, restoreDatabase } from "../src/extras.ts";

const LONG_MS = 2 ** 31 - 1;
/** Ships when it is told to. */
export const SHIP = { to: "target", intervalMs: LONG_MS, segmentBytes: 8192 };
/** A small cache, and checkpoints often. */
export const OPTIONS = {
  cacheBytes: 512 * 1024,
  checkpointBytes: 128 * 1024,
  expiryIntervalMs: 0,
} as const;

/** How many documents there are, which are the first ones that were inserted. */
export async function countIn(db: Database): Promise<number> {
  const ids = await db.collection("c").distinct("_id");
  // No hole: a beginning of what was inserted.
  expect(ids).toEqual(ids.map((__, i) => i));
  return ids.length;
}

/** Inserts the document of a number. */
export async function insert(db: Database, _id: number): Promise<void> {
  await db.collection("c").insertOne({ _id, text: "t".repeat((_id * 617) % 9000) });
}

/** Documents in what the target restores; undefined where it holds no whole copy. */
export async function restoredCount(vfs: Vfs, key?: Uint8Array): Promise<number | undefined> {
  try {
    await restoreDatabase("target", "restored.db", { vfs, key });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "DOCDB_SHIP_MISSING" || code === "DOCDB_SHIP_MOMENT") return undefined;
    throw error;
  }
  await using db = await Database.open("restored.db", { vfs, key, ...OPTIONS });
  expect(await db.verify()).toEqual([]);
  return await countIn(db);
}

/** Inserts and ships until the disk fails. @returns how many were shipped for sure, and how many inserted */
async function work(vfs: Vfs, settings: DatabaseOptions): Promise<{ shipped: number; inserted: number }> {
  let [shipped, inserted] = [0, 0];
  let db: Database | undefined;
  try {
    for (let round = 0; round < 3; round++) {
      const ship = { ...SHIP, baseIntervalMs: 1, keepMs: 0 };
      db = await Database.open("a.db", { vfs, ...OPTIONS, ...settings, ship });
      for (let i = 0; i < 12; i++) {
        await insert(db, inserted);
        inserted++;
        if (i % 4 === 3) {
          await db.sync();
          shipped = inserted;
        }
        if (i === 7) await db.checkpoint();
      }
      await db.close();
      shipped = inserted;
    }
  } catch {
    await db?.close().catch(() => {});
  }
  return { shipped, inserted };
}

/**
 * Cuts the power during a workload, each time at another call, and looks at what target and database are left.
 * @param cuts - how many, about
 */
export async function cutShipping(
  settings: DatabaseOptions,
  cuts: number,
): Promise<{ readonly cuts: number; readonly partial: number }> {
  const whole = new FaultyVfs(1);
  expect(await work(whole, settings)).toEqual({ shipped: 36, inserted: 36 });
  const calls = whole.changingCallCount;
  const random = seededRandom(cuts);
  let [done, partial] = [0, 0];
  for (let call = 1; call < calls; call += random.nextInt(1, Math.ceil((2 * calls) / cuts)), done++) {
    const disk = new FaultyVfs(call);
    disk.haltAfter(call);
    const { shipped, inserted } = await work(disk, settings);
    const left = disk.crash(seededRandom(call));
    const how = `call ${call} of ${calls}`;
    const found = await restoredCount(left, settings.key);
    if (shipped > 0) expect(found, how).toBeGreaterThanOrEqual(shipped);
    expect(found ?? 0, how).toBeLessThanOrEqual(inserted + 1);
    if (found !== undefined && found > 0 && found < 36) partial++;
    const db = await Database.open("a.db", { vfs: left, ...OPTIONS, ...settings, ship: SHIP });
    await insert(db, await countIn(db));
    await db.sync();
    const count = await countIn(db);
    await db.close();
    for (const path of ["restored.db", "restored.db-wal"])
      if (await left.exists(path)) await left.remove(path, { recursive: true });
    expect(await restoredCount(left, settings.key), how).toBe(count);
  }
  return { cuts: done, partial };
}
