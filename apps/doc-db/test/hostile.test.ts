import { isMillraceError } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, type Document, encodeBson, type Value } from "../src/extras.ts";

async function withOne(): Promise<Database> {
  const db = await Database.open("h.db", { vfs: new MemoryVfs(), durability: "memory" });
  await db.collection("c").insertOne({ _id: 1, list: [1, 2, 3], text: `${"a".repeat(3000)}!` });
  return db;
}

const nested = (depth: number, wrap: (inner: Value) => Value): Value => {
  let value: Value = 1;
  for (let i = 0; i < depth; i++) value = wrap(value);
  return value;
};

const doubling = (operator: string, initialValue: Value): Document => ({
  $reduce: { input: { $range: [0, 60] }, initialValue, in: { [operator]: ["$$value", "$$value"] } },
});

/** Each is one field of a `$project`. */
const EXPRESSIONS: readonly [name: string, expression: Value][] = [
  ["a range of two thousand million", { $range: [0, 2_000_000_000] }],
  ["a text that doubles 60 times", doubling("$concat", "text")],
  ["a list that doubles 60 times", doubling("$concatArrays", [1, 2, 3])],
  ["20,000 levels", nested(20_000, (inner) => ({ $add: [inner, 1] }))],
  ["a regex with a repeat inside a repeat", { $regexMatch: { input: "$text", regex: "^(a+)+$" } }],
  [
    "a loop in a loop in a loop",
    nested(4, (inner) => ({ $map: { input: { $range: [0, 100_000] }, in: inner } })),
  ],
];

const FILTERS: readonly [name: string, filter: Document][] = [
  ["20,000 levels", nested(20_000, (inner) => ({ $and: [inner === 1 ? {} : inner] })) as Document],
  ["a regex with a repeat inside a repeat", { text: { $regex: "^(a+)+$" } }],
  ["a regex of 100,000 characters", { text: { $regex: "a".repeat(100_000) } }],
  ["a value of 20,000 levels", { a: nested(20_000, (inner) => ({ a: inner })) }],
];

describe("hostile queries end as errors", () => {
  const failing = async (run: (db: Database) => Promise<unknown>): Promise<void> => {
    await using db = await withOne();
    const error: unknown = await Promise.resolve()
      .then(() => run(db))
      .then(
        () => "no error",
        (thrown: unknown) => thrown,
      );
    expect(isMillraceError(error), String(error)).toBe(true);
    // The database goes on.
    expect(
      await db
        .collection("c")
        .countDocuments({ text: /a/ as unknown as Value })
        .catch(() => 1),
    ).toBe(1);
    expect(await db.verify()).toEqual([]);
  };

  it.each(EXPRESSIONS)("expression: %s", (_name, x) =>
    failing((db) =>
      db
        .collection("c")
        .aggregate([{ $project: { x } }])
        .toArray(),
    ),
  );

  it.each(FILTERS)("filter: %s", (_name, filter) =>
    failing((db) => db.collection("c").find(filter).toArray()),
  );

  it("few values within each other that are 2^60 when they are written", async () => {
    const x = { $reduce: { input: { $range: [0, 60] }, initialValue: [1], in: ["$$value", "$$value"] } };
    const made = (db: Database): Promise<Document[]> =>
      db
        .collection("c")
        .aggregate([{ $project: { x } }])
        .toArray();
    await failing(async (db) => encodeBson((await made(db))[0]!));
    await failing((db) =>
      db
        .collection("c")
        .aggregate([{ $group: { _id: x } }])
        .toArray(),
    );
  });

  it("a document of 20,000 levels, or of more than 16 MiB", async () => {
    await failing((db) => db.collection("c").insertOne({ a: nested(20_000, (inner) => ({ a: inner })) }));
    await failing((db) => db.collection("c").insertOne({ a: "x".repeat(17 * 1024 * 1024) }));
    await failing((db) => db.collection("c").updateOne({ _id: 1 }, { $set: { "list.20000000": 1 } }));
  });
});
