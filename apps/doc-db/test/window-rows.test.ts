import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, type Document, type Value } from "../src/extras.ts";
import { contextFor } from "../src/mql/expr/index.ts";
import { computed } from "../src/mql/pipeline/window.ts";
import { compileWindowFunction } from "../src/mql/pipeline/window-functions.ts";
import { type Row, rowsInMemory, SpooledRows } from "../src/mql/pipeline/window-rows.ts";
import { storedWithScore } from "../src/query/external-sort.ts";
import { compileSort } from "../src/query/sort.ts";
import { Spool } from "../src/storage/scratch.ts";

const random = seededRandom(21);
/** In the order of `n`, of which some are alike; at most three of them are within a distance of 1. */
const DOCUMENTS: readonly Document[] = Array.from({ length: 3000 }, (_, _id) => ({
  _id,
  n: _id - (_id % 2),
  v: random.nextInt(0, 99),
  t: "x".repeat(_id % 50),
}));
const now = new Date(0);
const sorter = compileSort({ n: 1 });
const rowOf = (document: Document): Row => ({
  document,
  context: contextFor(document, now),
  id: null,
  key: sorter.keyOf(document),
});

const window = (bounds: Document): Document => ({ $sum: "$v", window: bounds });
/** The fields, and the most documents that are held for them. */
const CASES: readonly (readonly [string, Document, number])[] = [
  ["numbers", { number: { $documentNumber: {} } }, 1],
  ["ranks", { rank: { $rank: {} }, dense: { $denseRank: {} } }, 2],
  ["a running sum", { sum: window({ documents: ["unbounded", "current"] }) }, 1],
  ["a running sum up to one ahead", { sum: window({ documents: ["unbounded", 4] }) }, 5],
  ["a running sum up to one behind", { sum: window({ documents: ["unbounded", -4] }) }, 5],
  [
    "a sum of all",
    { sum: { $sum: "$v" }, most: { $max: "$v", window: { documents: ["unbounded", "unbounded"] } } },
    1,
  ],
  ["a sum of neighbours", { sum: window({ documents: [-5, 3] }) }, 10],
  ["a sum of those behind", { sum: window({ documents: [-9, -7] }) }, 11],
  ["a sum of those ahead", { sum: window({ documents: [7, 9] }) }, 10],
  ["a running sum by values", { sum: window({ range: ["unbounded", "current"] }) }, 3],
  ["a sum by values", { sum: window({ range: [-4, 2] }) }, 12],
  ["a look back", { before: { $shift: { output: "$v", by: -7, default: "none" } } }, 8],
  ["a look ahead", { behind: { $shift: { output: "$v", by: 6 } } }, 7],
  [
    "several",
    { a: window({ documents: [-3, 0] }), b: { $shift: { output: "$v", by: 4 } }, c: { $rank: {} } },
    9,
  ],
];

async function spooled(limit: number): Promise<SpooledRows> {
  const spool = await Spool.create({ vfs: new MemoryVfs(), path: "w" });
  for (const document of DOCUMENTS) spool.add(storedWithScore(document));
  return new SpooledRows(spool, rowOf(DOCUMENTS[0]!), rowOf(DOCUMENTS.at(-1)!), rowOf, limit);
}

const fieldsOf = (output: Document): Parameters<typeof computed>[1] =>
  Object.entries(output).map(([name, spec]) => ({
    name,
    run: compileWindowFunction(name, spec as Value, 1),
  }));

describe("the documents of a partition in a file", () => {
  it.each(CASES)("have %s as those in memory, a few of them held", async (_name, output, most) => {
    const rows = await spooled(most);
    const found = [...computed(rows, fieldsOf(output), sorter)];
    expect(found).toEqual([...computed(rowsInMemory(DOCUMENTS.map(rowOf)), fieldsOf(output), sorter)]);
    expect(found).toHaveLength(DOCUMENTS.length);
    expect(rows.mostHeld).toBe(most);
  });

  it("are refused for windows that hold more than there is room for", async () => {
    const rows = await spooled(20);
    const fields = fieldsOf({ sum: window({ documents: [-20, 0] }) });
    expect(() => [...computed(rows, fields, sorter)]).toThrow(
      expect.objectContaining({ serverCode: 292, message: expect.stringContaining("at most 20") }),
    );
  });
});

describe("$setWindowFields on a partition larger than memory", () => {
  const run = async (db: Database, output: Document, memoryBytes?: number): Promise<Document[]> => {
    const stage = {
      $setWindowFields: { partitionBy: { $gte: ["$_id", 100] }, sortBy: { n: 1, _id: 1 }, output },
    };
    return db.aggregate("test", "c", [stage], memoryBytes === undefined ? {} : { memoryBytes }).toArray();
  };

  it("goes on in files, or says which partition has no room", async () => {
    const vfs = new MemoryVfs();
    const db = await Database.open("w.db", { vfs, durability: "memory" });
    await db.collection("c").insertMany([...DOCUMENTS]);
    for (const [, output] of CASES) {
      if (JSON.stringify(output).includes("range")) continue;
      expect(await run(db, output, 8192)).toEqual(await run(db, output));
    }
    const toTheEnd = { sum: window({ documents: ["current", "unbounded"] }) };
    expect(await run(db, toTheEnd)).toHaveLength(3000);
    await expect(run(db, toTheEnd, 8192)).rejects.toMatchObject({
      serverCode: 292,
      message: expect.stringContaining("$setWindowFields partition: got true"),
    });
    await expect(run(db, { sum: window({ documents: [-2000, 0] }) }, 8192)).rejects.toMatchObject({
      serverCode: 292,
    });
    const stage = { $setWindowFields: { sortBy: { n: 1 }, output: { rank: { $rank: {} } } } };
    for await (const _ of db.aggregate("test", "c", [stage], { memoryBytes: 8192 })) break;
    const left = (await vfs.list(".")).filter(({ name }) => name.includes("scratch"));
    expect(left).toEqual([]);
    await db.close();
  });
});
