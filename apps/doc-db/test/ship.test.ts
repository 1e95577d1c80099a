import { seededRandom } from "@millrace/base";
import { MemoryVfs, type Vfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, type DatabaseOptions, restoreDatabase } from "../src/extras.ts";
import { contentOf } from "./helpers.ts";

const KEY = new Uint8Array(32).fill(7);
const LONG_MS = 3_600_000;
const START_MS = Date.parse("2026-11-21T12:00:00Z");

/** A clock that goes on when it is told to. */
function handClock(): { now: number; readonly clock: () => Date } {
  const state = { now: START_MS, clock: () => new Date(state.now) };
  return state;
}

async function namesIn(db: Database): Promise<string> {
  const content = await contentOf(db.collection("c"));
  return [...content.values()]
    .map(({ _id, text, n }) => `${String(_id)} ${String(text).length} ${String(n)}`)
    .sort()
    .join();
}

async function restored(vfs: Vfs, moment: { at?: Date; lsn?: number }, key?: Uint8Array): Promise<string> {
  const path = "restored.db";
  const told: number[] = [];
  const onProgress = (bytes: number, totalBytes: number): void => void told.push(bytes / totalBytes);
  await restoreDatabase("target", path, { vfs, ...moment, key, onProgress });
  expect(told.at(-1)).toBe(1);
  const db = await Database.open(path, { vfs, create: false, expiryIntervalMs: 0, key });
  try {
    expect(await db.verify()).toEqual([]);
    expect(await db.checkPages()).toEqual([]);
    return await namesIn(db);
  } finally {
    await db.close();
    await vfs.remove(path);
    await vfs.remove(`${path}-wal`, { recursive: true });
    expect((await vfs.list(".")).filter(({ name }) => name.includes(".part"))).toEqual([]);
  }
}

const VARIANTS: readonly [string, DatabaseOptions][] = [
  ["plain", {}],
  ["compressed", { compression: "zstd" }],
  ["encrypted", { key: KEY, compression: "deflate" }],
  ["relaxed", { durability: "relaxed" }],
];

describe.each(VARIANTS)("a %s database that is shipped", (name, settings) => {
  it("is restored as it was after each of its commits", async () => {
    const vfs = new MemoryVfs();
    const random = seededRandom(name.length);
    const time = handClock();
    const ship = {
      to: "target",
      intervalMs: LONG_MS,
      segmentBytes: 16 * 1024,
      baseIntervalMs: 20_000,
      keepMs: LONG_MS,
    };
    const options = {
      vfs,
      ...settings,
      clock: time.clock,
      expiryIntervalMs: 0,
      cacheBytes: 512 * 1024,
      checkpointBytes: 256 * 1024,
    };
    let db = await Database.open("a.db", { ...options, ship });
    const states: { at: Date; content: string }[] = [];
    await db.collection("c").createIndex("n");
    await db.sync();
    for (let i = 0; i < 60; i++) {
      time.now += 1000;
      const c = db.collection("c");
      const _id = random.nextInt(0, 30);
      const text = "x".repeat(random.nextInt(0, 3) === 0 ? 20_000 : 100);
      const kind = random.nextInt(0, 3);
      if (kind === 0) await c.deleteMany({ _id: { $gt: _id + 20 } });
      else if (kind === 1) await c.updateMany({ _id: { $lt: _id } }, { $inc: { n: 1 } });
      else await c.updateOne({ _id }, { $set: { text, n: i } }, { upsert: true });
      states.push({ at: time.clock(), content: await namesIn(db) });
      if (random.nextInt(0, 3) === 0) await db.sync();
      if (random.nextInt(0, 9) === 0) await db.checkpoint();
      if (random.nextInt(0, 15) === 0) {
        await db.close();
        db = await Database.open("a.db", { ...options, ship });
      }
    }
    await db.sync();
    const { ship: stats } = await db.stats();
    expect(stats).toMatchObject({ behind: 0, line: 1, error: undefined });
    expect(stats!.bases).toBeGreaterThan(1);
    await db.close();
    expect(new Set(states.map(({ content }) => content)).size).toBeGreaterThan(40);
    for (const { at, content } of states) expect(await restored(vfs, { at }, settings.key)).toBe(content);
    expect(await restored(vfs, {}, settings.key)).toBe(states.at(-1)!.content);
    expect(await restored(vfs, { at: new Date(START_MS + LONG_MS) }, settings.key)).toBe(
      states.at(-1)!.content,
    );
    await expect(restored(vfs, { at: new Date(START_MS - 1) }, settings.key)).rejects.toMatchObject({
      code: "DOCDB_SHIP_MOMENT",
    });
  });
});

it("a database that is closed as soon as it was written can be restored, and so can one that stays empty", async () => {
  const vfs = new MemoryVfs();
  for (const count of [0, 1]) {
    const db = await Database.open("a.db", { vfs, ship: { to: "target", intervalMs: LONG_MS } });
    if (count > 0) await db.collection("c").insertOne({ _id: 1, text: "", n: 1 });
    await db.close();
    expect(await restored(vfs, {})).toBe(count === 0 ? "" : "1 0 1");
  }
});
