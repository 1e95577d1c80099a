import { seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { expect, it } from "vitest";
import { Database, type Document } from "../src/extras.ts";
import { replaceDatabase } from "../src/maintenance/backup.ts";
import { isDiskFailure } from "./helpers.ts";

const OPTIONS = { cacheBytes: 512 * 1024, checkpointBytes: 64 * 1024 };

/** Changes documents until the power goes. @returns the tokens of the changes that were told of */
async function runUntilHalted(vfs: FaultyVfs, seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  const told: string[] = [];
  try {
    const db = await Database.open("t.db", { ...OPTIONS, vfs });
    const reader = await db.watch();
    const c = db.collection("c");
    for (let i = 0; i < 400; i++) {
      const _id = random.nextInt(0, 40);
      const kind = random.nextInt(0, 3);
      if (kind === 0)
        await c.insertOne({ _id, pad: "p".repeat(random.nextInt(0, 900)) }).catch(rethrowFailure);
      else if (kind === 1) await c.updateOne({ _id }, { $set: { n: i } });
      else if (kind === 2) await c.replaceOne({ _id, whole: i });
      else await c.deleteOne({ _id });
      for (const { _id: token } of await reader.read(0)) told.push((token as { _data: string })._data);
    }
  } catch (error) {
    rethrowFailure(error, true);
  }
  return told;
}

/** Another failure than a key that is there already, or the disk's. */
function rethrowFailure(error: unknown, mayBeDisk = false): void {
  if ((error as { serverCode?: number }).serverCode === 11000) return;
  if (!mayBeDisk || !isDiskFailure(error)) throw error;
}

it("after a power cut at any call the changes that are kept tell what is there, and none that was told of is gone", async () => {
  let halts = 0;
  let changes = 0;
  for (let seed = 0; seed < 60; seed++) {
    const vfs = new FaultyVfs(seed);
    vfs.haltAfter(260 + seededRandom(seed).nextInt(0, 350));
    const told = await runUntilHalted(vfs, seed);
    if (!vfs.isHalted) continue;
    halts++;
    const after = vfs.crash(seededRandom(seed + 1));
    await using db = await Database.open("t.db", { ...OPTIONS, vfs: after });
    const reader = await db.watch({}, [], { fromStart: true });
    const copy = new Map<unknown, Document>();
    const kept = new Set<string>();
    for (let events = await reader.read(0); events.length > 0; events = await reader.read(0)) {
      for (const { _id: token, operationType, documentKey, fullDocument, updateDescription } of events) {
        changes++;
        kept.add((token as { _data: string })._data);
        const id = (documentKey as Document)._id;
        if (operationType === "delete") copy.delete(id);
        else if (operationType === "update") {
          const { updatedFields } = updateDescription as { updatedFields: Document };
          copy.set(id, { ...copy.get(id), ...updatedFields });
        } else copy.set(id, fullDocument as Document);
      }
    }
    reader.close();
    const there = await db
      .collection("c")
      .find({}, { sort: { _id: 1 } })
      .toArray();
    const replayed = [...copy.entries()]
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, document]) => document);
    expect(replayed, `seed ${seed}`).toEqual(there);
    for (const token of told) expect(kept.has(token), `seed ${seed}: ${token}`).toBe(true);
    expect(await db.verify(), `seed ${seed}`).toEqual([]);
  }
  expect(halts).toBeGreaterThan(40);
  expect(changes).toBeGreaterThan(1000);
});

it("after a power cut at any call of a backup that takes its source's place, one of the two is there, whole", async () => {
  let halts = 0;
  for (let calls = 0; calls < 400; calls += 5) {
    const vfs = new FaultyVfs(calls);
    const first = await Database.open("t.db", { ...OPTIONS, vfs });
    await first
      .collection("c")
      .insertMany(Array.from({ length: 60 }, (_, _id) => ({ _id, pad: "p".repeat(300) })));
    await first.collection("c").createIndex("pad");
    await first.close();
    vfs.haltAfter(calls);
    try {
      const db = await Database.open("t.db", { ...OPTIONS, vfs });
      await db.backup("t.db.compact");
      await db.close();
      await replaceDatabase(vfs, "t.db", "t.db.compact");
    } catch (error) {
      rethrowFailure(error, true);
    }
    if (!vfs.isHalted) continue;
    halts++;
    await using db = await Database.open("t.db", {
      ...OPTIONS,
      vfs: vfs.crash(seededRandom(calls)),
      create: false,
    });
    expect(await db.collection("c").countDocuments(), `call ${calls}`).toBe(60);
    expect(await db.verify(), `call ${calls}`).toEqual([]);
  }
  expect(halts).toBeGreaterThan(20);
});
