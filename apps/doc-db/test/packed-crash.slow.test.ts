import { seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Database, type DatabaseOptions } from "../src/extras.ts";
import { isDiskFailure } from "./helpers.ts";
import { live, SMALL } from "./packed-life.ts";
import { PAGE_VARIANTS } from "./page-variants.ts";

const LIVES = 100;
const CRASHES = 6;
const CALLS = ["open", "write", "read", "sync", "truncate", "rename", "remove", "syncDirectory"] as const;

/** A little of everything. @param acknowledged - gets the `_id`s that are to be there */
async function workload(vfs: FaultyVfs, options: DatabaseOptions, acknowledged: Set<number>): Promise<void> {
  const db = await Database.open("t.db", { ...SMALL, vfs, ...options });
  try {
    const c = db.collection("c");
    await c.createIndex("n");
    for (let _id = 0; _id < 12; _id++) {
      await c.insertOne({ _id, n: _id % 3, text: `${_id} `.repeat(1500) });
      acknowledged.add(_id);
      if (_id % 5 === 4) await db.checkpoint();
    }
    await c.find({}, { sort: { text: 1 } }).toArray();
    if (options.key !== undefined) await db.rekey({ key: options.key });
  } finally {
    await db.close();
  }
}

describe.each(PAGE_VARIANTS)("a %s file", (_name, options) => {
  it(`holds what was acknowledged after each of ${LIVES * CRASHES} power cuts`, async () => {
    let halts = 0;
    for (let seed = 10_000; seed < 10_000 + LIVES; seed++) halts += await live(seed, options, CRASHES);
    expect(halts).toBeGreaterThan(LIVES * 2);
  });

  it.each(CALLS)("is whole after each %s in turn failed with ENOSPC and with EIO", async (call) => {
    const whole = new FaultyVfs(0);
    await workload(whole, options, new Set());
    const total = whole.callCount(call);
    for (let n = 1; n <= total; n++) {
      for (const error of ["ENOSPC", "EIO"] as const) {
        const vfs = new FaultyVfs(n);
        vfs.failNth({ call, n, error });
        const acknowledged = new Set<number>();
        try {
          await workload(vfs, options, acknowledged);
        } catch (failure) {
          if (!isDiskFailure(failure)) throw new Error(`${call} ${n} ${error}`, { cause: failure });
        }
        // The same disk, cured.
        const after = vfs.crash(seededRandom(n), { survival: 1 });
        await using db = await Database.open("t.db", { ...SMALL, vfs: after, ...options });
        const c = db.collection("c");
        const found = new Map((await c.find().toArray()).map(({ _id, text }) => [Number(_id), text]));
        for (const [id, text] of found) expect(text).toBe(`${id} `.repeat(1500));
        for (const id of acknowledged) expect(found.has(id), `${call} ${n} ${error}: ${id}`).toBe(true);
        expect(await db.verify()).toEqual([]);
        expect(await db.checkPages()).toEqual([]);
      }
    }
  });
});
