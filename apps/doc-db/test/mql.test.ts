import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { MemoryVfs } from "@millrace/files";
import { describeRecordings, recordingPath } from "@millrace/testkit";
import { expect, it } from "vitest";
import { documentFromJson } from "../src/document/extended-json.ts";
import {
  compareValues,
  compileFilter,
  Database,
  type Document,
  matchesDocument,
  type Value,
} from "../src/extras.ts";

interface Case {
  readonly k: string;
  readonly m: string;
  readonly t: {
    readonly id: string;
    readonly msg: string;
    readonly doc: readonly unknown[] | null;
    readonly filter: unknown;
    readonly expected: readonly unknown[] | null;
    readonly error_code: unknown;
  };
}

/** Fields of a filter that begin with a dollar sign and are operators of ours. */
const OPERATORS = new Set(
  "$eq $ne $gt $gte $lt $lte $in $nin $exists $and $or $nor $not $oid $date $numberInt $numberLong $numberDouble $binary".split(
    " ",
  ),
);

function usesOnlyOurs(json: unknown): boolean {
  if (Array.isArray(json)) return json.every(usesOnlyOurs);
  if (typeof json !== "object" || json === null) return true;
  return Object.entries(json).every(
    ([name, value]) => (!name.startsWith("$") || OPERATORS.has(name)) && usesOnlyOurs(value),
  );
}

function tryConvert<T>(convert: () => T): T | undefined {
  try {
    return convert();
  } catch {
    return undefined;
  }
}

const same = (a: readonly Document[], b: readonly Document[]): boolean => {
  const sorted = (list: readonly Document[]): Value[] => [...list].sort((x, y) => compareValues(x, y));
  return compareValues(sorted(a), sorted(b)) === 0;
};

describeRecordings("the query cases of DocumentDB's functional tests", () => {
  it("that use operators and types of ours give what MongoDB gives, by scan and by index", async () => {
    const lines = gunzipSync(readFileSync(recordingPath("mql/cases.jsonl.gz")))
      .toString()
      .trim()
      .split("\n");
    const cases = lines.map((line) => JSON.parse(line) as Case).filter(({ k }) => k === "QueryTestCase");
    let run = 0;
    let errors = 0;
    let typesNotOurs = 0;
    let indexed = 0;
    const wrong: string[] = [];
    const vfs = new MemoryVfs();
    await using db = await Database.open("mql.db", { vfs, durability: "memory" });
    for (const { m, t } of cases) {
      if (!usesOnlyOurs(t.filter)) continue;
      const how = `${m} ${t.id}: ${JSON.stringify(t.filter)} on ${JSON.stringify(t.doc)}`;
      const filter = tryConvert(() => documentFromJson(t.filter));
      if (t.error_code !== null) {
        if (filter !== undefined && tryConvert(() => compileFilter(filter)) !== undefined)
          wrong.push(`no error: ${how}`);
        errors++;
        continue;
      }
      const documents = tryConvert(() => (t.doc ?? []).map(documentFromJson));
      const expected = tryConvert(() => (t.expected ?? []).map(documentFromJson));
      if (filter === undefined || documents === undefined || expected === undefined) {
        typesNotOurs++;
        continue;
      }
      run++;
      const compiled = compileFilter(filter);
      if (
        !same(
          documents.filter((document) => matchesDocument(compiled, document)),
          expected,
        )
      )
        wrong.push(how);
      const collection = db.collection(`case ${run}`);
      // A path with an empty part has no index.
      for (const { path } of compiled.conditions)
        if (path !== "_id" && !path.split(".").includes("")) await collection.createIndex(path);
      if (tryConvert(() => documents.map((document) => document._id ?? null)) !== undefined) {
        await collection.insertMany(documents);
        const cursor = collection.find(filter);
        const found = await cursor.toArray();
        if ((await cursor.explain()).index !== undefined) indexed++;
        const stripped = found.map((document) =>
          "_id" in (documents[0] ?? {}) ? document : withoutId(document),
        );
        if (!same(stripped, expected)) wrong.push(`by index: ${how}`);
      }
    }
    expect(wrong).toEqual([]);
    expect({ run, errors, typesNotOurs, indexed }).toMatchInlineSnapshot(`
      {
        "errors": 42,
        "indexed": 256,
        "run": 492,
        "typesNotOurs": 14,
      }
    `);
  });
});

function withoutId(document: Document): Document {
  const { _id, ...rest } = document;
  return rest;
}
