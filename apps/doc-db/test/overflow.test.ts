import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { expect, it } from "vitest";
import { Database, type Document } from "../src/extras.ts";

/** Bytes that many pages hold, no two alike. */
const large = (seed: number, length: number): Document => {
  const random = seededRandom(seed);
  return { _id: 1, seed, bytes: Uint8Array.from({ length }, () => random.nextInt(0, 255)) };
};

it("documents of many pages are under the log as small ones are, whichever call of the disk is the last", async () => {
  const before = large(1, 60_000);
  const after = large(2, 90_000);
  let isOver = false;
  const seen = new Set<unknown>();
  for (let call = 0; !isOver; call++) {
    const disk = new FaultyVfs(call);
    const db = await Database.open("t.db", { vfs: disk });
    await db.collection("c").insertOne(before);
    disk.haltAfter(call);
    let acknowledged: Document = before;
    try {
      await db.collection("c").replaceOne(after);
      acknowledged = after;
      await db.checkpoint();
      isOver = true;
    } catch {
      // The power went; what is left is looked at below.
    }
    await db.close().catch(() => {});
    for (const survival of [0, 0.5]) {
      const left = disk.crash(seededRandom(call), { survival });
      await using found = await Database.open("t.db", { vfs: left });
      const document = await found.collection("c").get(1);
      expect(await found.verify()).toEqual([]);
      const expected = document?.seed === 2 ? after : acknowledged;
      expect(document).toEqual(expected);
      seen.add(document?.seed);
    }
  }
  expect([...seen].sort()).toEqual([1, 2]);
});

it("pages of a document that grew in a change that was undone are free again", async () => {
  await using db = await Database.open("t.db", { vfs: new MemoryVfs() });
  const c = db.collection("c");
  await c.insertOne(large(1, 60_000));
  const before = await db.stats();
  const transaction = db.transaction();
  const within = db.collection("c", transaction);
  await within.replaceOne(large(2, 200_000));
  await within.insertOne({ ...large(3, 200_000), _id: 2 });
  await transaction.abort();
  const { pages, freePages } = await db.stats();
  expect([pages, freePages]).toEqual([before.pages, before.freePages]);
  expect(await c.get(1)).toEqual(large(1, 60_000));
  await c.replaceOne({ _id: 1, isSmall: true });
  expect((await db.stats()).freePages).toBeGreaterThan(before.freePages + 5);
  expect(await db.verify()).toEqual([]);
});
