import { setImmediate as anotherTurn } from "node:timers/promises";
import { MemoryVfs } from "@millrace/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database } from "../src/extras.ts";

const DOCUMENTS = 30_000;

let vfs: MemoryVfs;
let db: Database;

beforeAll(async () => {
  vfs = new MemoryVfs();
  db = await Database.open("turns.db", { vfs });
  const text = "x".repeat(200);
  await db.collection("c").insertMany(Array.from({ length: DOCUMENTS }, (_, n) => ({ n, text })));
});

afterAll(() => db.close());

/** Counts the turns that others get until the work is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let [turns, isDone] = [0, false];
  const counting = (async () => {
    while (!isDone) {
      await anotherTurn();
      turns++;
    }
  })();
  await work();
  const counted = turns;
  isDone = true;
  await counting;
  return counted;
}

describe("long work, all of it in memory, leaves others their turns", () => {
  const work: readonly [string, () => Promise<unknown>][] = [
    [
      "a scan that finds nothing",
      () =>
        db
          .collection("c")
          .find({ text: { $regex: "[yz]+$" } })
          .toArray(),
    ],
    ["a scan that finds all", () => db.collection("c").find().toArray()],
    [
      "a pipeline",
      () =>
        db
          .collection("c")
          .aggregate([{ $group: { _id: "$n" } }])
          .toArray(),
    ],
  ];
  for (const [name, run] of work)
    it(name, async () => {
      // Three times, to take longer than one turn of a fast machine.
      expect(await turnsDuring(async () => Promise.all([run(), run(), run()]))).toBeGreaterThan(0);
    });

  it("so that a backup hears of a signal that comes meanwhile, and leaves nothing", async () => {
    const interruption = new AbortController();
    setImmediate(() => interruption.abort());
    await expect(db.backup("copy.db", interruption.signal)).rejects.toMatchObject({ name: "AbortedError" });
    expect((await vfs.list(".")).map(({ name }) => name).filter((name) => name.startsWith("copy"))).toEqual(
      [],
    );
  });
});
