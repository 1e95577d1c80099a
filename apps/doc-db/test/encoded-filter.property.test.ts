import { MemoryVfs } from "@millrace/files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeDocument } from "../src/document/encode.ts";
import { lookupIn } from "../src/document/lookup.ts";
import {
  compileFilter,
  Database,
  Decimal128,
  type Document,
  Double,
  matchesDocument,
  ObjectId,
  type Value,
} from "../src/extras.ts";

/** Values of all the types that comparisons tell apart by their bytes, and some that they have to decode. */
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom<Value>(0.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40, 1n, 3n, new Double(2)),
  fc.constantFrom<Value>(
    null,
    true,
    false,
    "",
    "a",
    "ä",
    "a much longer text, cut out of others",
    "\u{1f600}",
  ),
  fc.constantFrom<Value>(Decimal128.parse("2"), Decimal128.parse("0.5"), new Date(1), new Uint8Array([1])),
  fc.constantFrom<Value>(new ObjectId(new Uint8Array(12)), { a: 1 }, [], [1, "a"], [[1], true], { b: [2] }),
);
const document: fc.Arbitrary<Document> = fc.dictionary(
  fc.constantFrom("a", "b", "ab", "ä", "__proto__", "7"),
  value,
) as fc.Arbitrary<Document>;
const operator = fc.constantFrom("$eq", "$gt", "$gte", "$lt", "$lte", "$ne");

describe("filters on encoded documents", () => {
  it("find what they find in memory", () => {
    fc.assert(
      fc.property(
        document,
        fc.constantFrom("a", "b", "ab", "ä", "7"),
        operator,
        value,
        (given, path, name, operand) => {
          const filter = compileFilter({ [path]: { [name]: operand } });
          expect(filter.matches(lookupIn(encodeDocument(given)))).toBe(matchesDocument(filter, given));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("documents put in at once", () => {
  it("have the same index entries as those put in one by one", async () => {
    await using db = await Database.open("batch.db", { vfs: new MemoryVfs(), durability: "memory" });
    const people = db.collection("people");
    await people.createIndex({ a: 1 });
    await people.createIndex({ b: -1, a: 1 }, { sparse: true });
    await people.createIndex({ tags: 1 });
    await people.createIndex({ number: 1 }, { unique: true });
    await people.createIndex({ text: "text" });
    const make = (i: number): Document => ({
      _id: (i * 7919) % 4001,
      a: (i * 31) % 100,
      ...(i % 3 === 0 ? { b: `${i % 50}` } : {}),
      tags: i % 2 === 0 ? [i % 7, i % 5] : i,
      number: i,
      text: `word${i % 10} ${"x".repeat(i % 600)}`,
    });
    await people.insertMany(Array.from({ length: 1500 }, (_, i) => make(i)));
    await people.insertMany(Array.from({ length: 1500 }, (_, i) => make(1500 + i)));
    const wrong = [
      { _id: "x", number: -1 },
      { _id: "y", number: 2999 },
    ];
    await expect(people.insertMany(wrong)).rejects.toThrow(/number/);
    expect(await people.countDocuments()).toBe(3000);
    expect(await db.verify()).toEqual([]);
    expect(people.find({ a: 31, b: { $exists: true } }).toArraySync()).toEqual(
      await people
        .find({ a: 31, b: { $exists: true } }, { hint: { $natural: 1 } })
        .toArray()
        .then(byA),
    );
  });
});

/** In the order of the index that the query uses. */
function byA(documents: Document[]): Document[] {
  return documents.sort((x, y) => Number(x._id) - Number(y._id));
}
