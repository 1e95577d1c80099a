import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { decodeDocument } from "../src/document/decode.ts";
import { Database, type Document, Double, encodeDocument, encodeStored, type Value } from "../src/extras.ts";
import { patchDocument } from "../src/mql/update/patch.ts";
import { compileUpdate } from "../src/mql/update/update.ts";

const VALUES: readonly Value[] = [
  0,
  1,
  -7,
  2_147_483_647,
  -2_147_483_648,
  1.5,
  -0,
  Number.NaN,
  1e300,
  new Double(3),
  5_000_000_000,
  5n,
  new Date(0),
  new Date(1e12),
  "text",
  null,
  true,
];
const NAMES = ["a", "b", "c", "missing"];
const OPERATORS = ["$set", "$inc", "$mul", "$min", "$max", "$unset", "$currentDate", "$setOnInsert"];

/** The result, or what kept it from being one. */
function outcome<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    return String((error as Error).message);
  }
}

describe("numbers and dates that are changed where they lie", () => {
  it.each([
    ["with its names", encodeDocument],
    ["with a list of names", (document: Document) => encodeStored(document).bytes],
  ])("become what the whole document would, in one %s", (_name, encode) => {
    const random = seededRandom(41);
    const pick = <T>(list: readonly T[]): T => list[random.nextInt(0, list.length - 1)]!;
    let patched = 0;
    for (let run = 0; run < 20_000; run++) {
      const document: Document = { _id: run, a: pick(VALUES), b: pick(VALUES), c: pick(VALUES), d: "end" };
      const update: Record<string, Document> = {};
      for (const name of NAMES.filter(() => random.next() < 0.5)) {
        const operator = pick(OPERATORS);
        update[operator] = { ...update[operator], [name]: operator === "$currentDate" ? true : pick(VALUES) };
      }
      const compiled = outcome(() => compileUpdate(update));
      if (typeof compiled === "string") continue;
      const bytes = encode(document);
      const before = Uint8Array.from(bytes);
      const done = outcome(() => patchDocument(bytes, compiled.fieldChanges!));
      if (done === false) continue;
      const expected = outcome(() => compiled.apply(decodeDocument(before), {}, false));
      if (typeof expected === "string" || done !== true) {
        expect(done).toBe(expected);
        continue;
      }
      patched++;
      const dates = Object.keys(update.$currentDate ?? {});
      const withoutDates = (whole: Document): Document =>
        Object.fromEntries(Object.entries(whole).filter(([name]) => !dates.includes(name)));
      expect(withoutDates(decodeDocument(bytes))).toEqual(withoutDates(expected));
      if (dates.length === 0) expect(bytes).toEqual(encode(expected));
    }
    expect(patched).toBeGreaterThan(3000);
  });

  it("are so only where nobody has to see the document: validators and change streams do", async () => {
    await using db = await Database.open("p.db", { vfs: new MemoryVfs() });
    const people = await db.createCollection("people", { validator: { n: { $lt: 5 } } });
    const seen = await db.createCollection("seen");
    for (const collection of [people, seen]) await collection.insertOne({ _id: 1, n: 1 });
    for (let n = 2; n < 5; n++)
      expect(await people.updateOne({ _id: 1 }, { $inc: { n: 1 } })).toMatchObject({ modifiedCount: 1 });
    await expect(people.updateOne({ _id: 1 }, { $inc: { n: 1 } })).rejects.toMatchObject({ serverCode: 121 });
    expect(people.getSync(1)).toEqual({ _id: 1, n: 4 });
    expect(seen.updateOneSync({ _id: 1 }, { $set: { n: 1 } })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 0,
    });
    await seen.updateOne({ _id: 1 }, { $set: { at: new Date(0) } });
    expect(() => seen.updateOneSync({ _id: 1 }, { $set: { at: new Date(Number.NaN) } })).toThrow(/date/);
    const reader = await db.watch();
    await seen.updateMany({}, { $inc: { n: 1 } });
    seen.updateOneSync({ _id: 1 }, { $mul: { n: 4 } });
    const fields = (await reader.read(0)).map(({ updateDescription }) => updateDescription);
    expect(fields).toMatchObject([{ updatedFields: { n: 2 } }, { updatedFields: { n: 8 } }]);
    await reader.close();
  });
});
