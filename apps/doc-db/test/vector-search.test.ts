import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Binary, Database, type Document, Double, type Value } from "../src/extras.ts";

const DIMENSIONS = 24;
let db: Database;
const vectors: number[][] = [];
let wanted: number[];

/** A vector as BSON packs it: single precision, nothing left of the last byte. */
function packed(vector: readonly number[]): Binary {
  const bytes = new Uint8Array(2 + 4 * vector.length);
  bytes[0] = 0x27;
  const view = new DataView(bytes.buffer);
  for (const [i, value] of vector.entries()) view.setFloat32(2 + 4 * i, value, true);
  return new Binary(bytes, 9);
}

beforeAll(async () => {
  db = await Database.open("vectors.db", { vfs: new MemoryVfs(), durability: "memory" });
  const random = seededRandom(17);
  const vector = (): number[] => Array.from({ length: DIMENSIONS }, () => random.nextNormal());
  wanted = vector();
  const documents: Document[] = [];
  for (let i = 0; i < 700; i++) {
    vectors.push(vector());
    const stored: Value = i % 3 === 0 ? packed(vectors[i]!) : vectors[i]!;
    documents.push({ _id: i, even: i % 2 === 0, at: { vector: stored } });
  }
  // None of these has a vector of that length.
  documents.push(
    { _id: "short", at: { vector: [1, 2] } },
    { _id: "text", at: { vector: "x" } },
    { _id: "none" },
  );
  documents.push({
    _id: "mixed",
    at: { vector: Array.from({ length: DIMENSIONS }, (_, i) => (i === 3 ? null : 1)) },
  });
  await db.collection("c").insertMany(documents);
});

afterAll(() => db.close());

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const ORACLES: Readonly<Record<string, (a: readonly number[], b: readonly number[]) => number>> = {
  cosine: (a, b) => (1 + dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))) / 2,
  dotProduct: (a, b) => (1 + dot(a, b)) / 2,
  euclidean: (a, b) => 1 / (1 + a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0)),
};

async function search(options: Document): Promise<Document[]> {
  const stage = { $vectorSearch: { path: "at.vector", queryVector: wanted, limit: 10, ...options } };
  const show = { $project: { score: { $meta: "vectorSearchScore" } } };
  return db.collection("c").aggregate([stage, show]).toArray();
}

describe("$vectorSearch", () => {
  it.each(Object.keys(ORACLES))(
    "finds the nearest by %s, in order, with their scores",
    async (similarity) => {
      const scores = vectors.map((vector, id) => ({ id, score: ORACLES[similarity]!(wanted, vector) }));
      const expected = scores.sort((a, b) => b.score - a.score).slice(0, 10);
      const found = await search({ similarity });
      expect(found.map(({ _id }) => _id)).toEqual(expected.map(({ id }) => id));
      for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(expected[i]!.score, 5);
    },
  );

  it("looks only at what a filter keeps, and gives all where there are fewer", async () => {
    const found = await search({ filter: { even: true, _id: { $lt: 50 } }, limit: 100 });
    expect(found.map(({ _id }) => _id).sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 25 }, (_, i) => 2 * i),
    );
    expect(await search({ limit: 10_000 })).toHaveLength(700);
  });

  it("takes the vector itself for the nearest, in BSON's form and as numbers of any type", async () => {
    const eleventh = vectors[11]!;
    for (const queryVector of [eleventh, packed(eleventh), eleventh.map((value) => new Double(value))]) {
      expect((await search({ queryVector: queryVector as Value, limit: 1 }))[0]?._id).toBe(11);
    }
  });

  it.each([
    [{ path: "" }, "path"],
    [{ similarity: "hamming" }, "one of cosine, dotProduct, euclidean"],
    [{ limit: 0 }, "an integer from 1"],
    [{ queryVector: ["a"] }, "numbers"],
    [{ filter: 3 }, "a filter"],
  ])("refuses %j", async (options, message) => {
    await expect(async () => search(options)).rejects.toThrow(message);
  });
});
