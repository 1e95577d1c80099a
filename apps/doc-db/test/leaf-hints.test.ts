import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { Database } from "../src/extras.ts";

const open = (cacheBytes: number): Promise<Database> =>
  Database.open("hints.db", { vfs: new MemoryVfs(), durability: "memory", cacheBytes });

it("documents are found where they are now, however often they moved since they were asked for", async () => {
  await using db = await open(1024 * 1024);
  const people = db.collection("people");
  const text = "x".repeat(300);
  const expected = new Map<number, string>();
  const ask = (): void => {
    for (let id = 0; id < 600; id++) expect(people.getSync(id)?.name).toBe(expected.get(id));
  };
  for (let round = 0; round < 6; round++) {
    // Each round splits leaves between those that are there, empties others, and moves what is left in them.
    for (let id = round; id < 600; id += 6) {
      await people.insertOne({ _id: id, name: `${id} of ${round}`, text });
      expected.set(id, `${id} of ${round}`);
    }
    ask();
    await people.deleteMany({ _id: { $gte: round * 40, $lt: round * 40 + 20 } });
    for (let id = round * 40; id < round * 40 + 20; id++) expected.delete(id);
    ask();
  }
});

it("pages that belong to another collection by now are not taken for those of the one before", async () => {
  await using db = await open(512 * 1024);
  for (let round = 0; round < 4; round++) {
    const [name, other] = round % 2 === 0 ? ["first", "second"] : ["second", "first"];
    const documents = Array.from({ length: 200 }, (_, i) => ({ _id: i, name, text: "y".repeat(400) }));
    await db.collection(name).insertMany(documents);
    for (let id = 0; id < 200; id++) expect(db.collection(name).getSync(id)?.name).toBe(name);
    expect(db.collection(other).getSync(5)).toBeUndefined();
    await db.command({ drop: name }, "test");
    expect(db.collection(name).getSync(5)).toBeUndefined();
  }
});

it("a change that is undone leaves nothing to be found", async () => {
  await using db = await open(1024 * 1024);
  const people = db.collection("people");
  await people.insertMany(Array.from({ length: 100 }, (_, i) => ({ _id: i, text: "z".repeat(300) })));
  const failing = people.insertMany([
    ...Array.from({ length: 50 }, (_, i) => ({ _id: 100 + i, text: "z".repeat(300) })),
    { _id: 7 },
  ]);
  await expect(failing).rejects.toMatchObject({ code: "DOCDB_KEY_DUPLICATE" });
  for (let id = 0; id < 160; id++) expect(people.getSync(id) !== undefined).toBe(id < 100);
});
