import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database, Decimal128, type Document, type Value } from "../src/extras.ts";
import { rounderOf } from "../src/mql/pipeline/granularity.ts";

let db: Database;
const vfs = new MemoryVfs();

beforeAll(async () => {
  db = await Database.open("stages.db", { vfs, durability: "memory" });
});

afterAll(() => db.close());

async function failsWith(stage: Document, serverCode: number): Promise<void> {
  const run = async (): Promise<Document[]> => db.collection("c").aggregate([stage]).toArray();
  await expect(run()).rejects.toMatchObject({ serverCode });
}

async function scratchFiles(): Promise<readonly string[]> {
  return (await vfs.list(".")).map(({ name }) => name).filter((name) => name.includes("scratch"));
}

describe("$sample", () => {
  const count = 40;

  beforeAll(() =>
    db
      .collection("s")
      .insertMany(Array.from({ length: count }, (_, _id) => ({ _id, text: "x".repeat(100) }))),
  );

  const drawn = async (size: Value, memoryBytes = 1024 * 1024): Promise<number[]> => {
    const found = await db.aggregate("test", "s", [{ $sample: { size } }], { memoryBytes }).toArray();
    for (const document of found) expect(document).toEqual({ _id: document._id, text: "x".repeat(100) });
    return found.map(({ _id }) => Number(_id));
  };

  it("gives so many documents, each once, for a size of any type of number", async () => {
    const sizes: readonly (readonly [Value, number])[] = [
      [1, 1],
      [7, 7],
      [count, count],
      [count + 1, count],
      [2.9, 2],
      [Number.POSITIVE_INFINITY, count],
      [3n, 3],
      [Decimal128.parse("2.5"), 2],
      [Decimal128.parse("3.5"), 4],
      [Decimal128.parse("Infinity"), count],
    ];
    for (const [size, expected] of sizes) {
      const ids = await drawn(size);
      expect(ids).toHaveLength(expected);
      expect(new Set(ids).size).toBe(expected);
    }
  });

  it("draws each document as often as any other, at each place", async () => {
    const rounds = 4000;
    const [size, times, places] = [3, new Float64Array(count), new Float64Array(3)];
    for (let round = 0; round < rounds; round++) {
      const ids = await drawn(size);
      for (const id of ids) times[id]!++;
      places[ids.indexOf(Math.max(...ids))]!++;
    }
    // Chi-squared with 39 and 2 degrees of freedom, at a chance of one in 10^9.
    const chiSquared = (seen: Float64Array, expected: number): number =>
      seen.reduce((sum, times) => sum + (times - expected) ** 2 / expected, 0);
    expect(chiSquared(times, (rounds * size) / count)).toBeLessThan(117);
    expect(chiSquared(places, rounds / size)).toBeLessThan(42);
  });

  it("goes on in files where the sample is larger than memory", async () => {
    expect(new Set(await drawn(count - 1, 512)).size).toBe(count - 1);
    for await (const _ of db.aggregate("test", "s", [{ $sample: { size: 30 } }], { memoryBytes: 512 })) break;
    expect(await scratchFiles()).toEqual([]);
  });

  it.each([
    [5, 28745],
    [{}, 28749],
    [{ size: 1, seed: 1 }, 28748],
    [{ size: "3" }, 28746],
    [{ size: null }, 28746],
    [{ size: 0 }, 28747],
    [{ size: -1 }, 28747],
    [{ size: 0.9 }, 28747],
    [{ size: Number.NaN }, 28747],
  ] as const)("refuses %j with number %d", (operand, code) => failsWith({ $sample: operand as Value }, code));

  it("refuses decimals that are no size", async () => {
    for (const text of ["0.5", "NaN", "-1", "-Infinity"])
      await failsWith({ $sample: { size: Decimal128.parse(text) } }, 28747);
  });
});

describe("$bucketAuto", () => {
  const bucketsOf = async (values: readonly Value[], buckets: Value): Promise<Document[]> => {
    const c = db.collection("b");
    await c.deleteMany({});
    await c.insertMany(values.map((x, _id) => ({ _id, x })));
    return c.aggregate([{ $bucketAuto: { groupBy: "$x", buckets } }]).toArray();
  };

  it.each([
    [[5], 3, [[5, 5, 1]]],
    [[5, 5, 5], 2, [[5, 5, 3]]],
    [
      [1, 1, 2, 2],
      4,
      [
        [1, 2, 2],
        [2, 2, 2],
      ],
    ],
    [
      [1, 2],
      5,
      [
        [1, 2, 1],
        [2, 2, 1],
      ],
    ],
    [
      [1, 2, 3, 4, 5, 6, 7],
      2,
      [
        [1, 5, 4],
        [5, 7, 3],
      ],
    ],
    [
      [1, 2, 3, 4, 5],
      2n,
      [
        [1, 4, 3],
        [4, 5, 2],
      ],
    ],
    [[1, 2, 3, 4, 5], 1, [[1, 5, 5]]],
  ] as const)("puts %j into %s", async (values, buckets, expected) => {
    const found = await bucketsOf(values, buckets);
    expect(found).toEqual(expected.map(([min, max, count]) => ({ _id: { min, max }, count })));
  });

  it("gives what a look at the sorted values gives, whatever memory there is", async () => {
    const random = seededRandom(7);
    for (let round = 0; round < 40; round++) {
      const values = Array.from({ length: random.nextInt(1, 300) }, () => random.nextInt(0, 40));
      const buckets = random.nextInt(1, 12);
      const sorted = values.toSorted((a, b) => a - b);
      const size = Math.max(1, Math.round(values.length / buckets));
      const expected: Document[] = [];
      for (let at = 0; at < sorted.length; ) {
        let end = expected.length === buckets - 1 ? sorted.length : Math.min(sorted.length, at + size);
        while (end < sorted.length && sorted[end] === sorted[end - 1]) end++;
        const part = sorted.slice(at, end);
        const max = sorted[end] ?? part.at(-1)!;
        expected.push({ _id: { min: part[0]!, max }, sum: part.reduce((sum, x) => sum + x, 0) });
        at = end;
      }
      const c = db.collection("b");
      await c.deleteMany({});
      await c.insertMany(values.map((x, _id) => ({ _id, x })));
      const stage = { $bucketAuto: { groupBy: "$x", buckets, output: { sum: { $sum: "$x" } } } };
      for (const memoryBytes of [512, 1024 * 1024])
        expect(await db.aggregate("test", "b", [stage], { memoryBytes }).toArray()).toEqual(expected);
    }
    expect(await scratchFiles()).toEqual([]);
  });

  const rounded = async (
    values: readonly Value[],
    buckets: number,
    granularity: string,
  ): Promise<Document[]> => {
    const c = db.collection("r");
    await c.deleteMany({});
    await c.insertMany(values.map((x, _id) => ({ _id, x })));
    return c.aggregate([{ $bucketAuto: { groupBy: "$x", buckets, granularity } }]).toArray();
  };
  const shown = (found: readonly Document[]): number[][] =>
    found.map(({ _id, count }) => {
      const { min, max } = _id as Document;
      return [Number(min), Number(max), Number(count)];
    });

  it.each([
    [
      "R5",
      [
        [0.63, 1.6, 1],
        [1.6, 16, 1],
        [16, 1600, 2],
      ],
    ],
    [
      "POWERSOF2",
      [
        [0.5, 2, 1],
        [2, 16, 1],
        [16, 1024, 2],
      ],
    ],
    [
      "1-2-5",
      [
        [0.5, 2, 1],
        [2, 20, 1],
        [20, 2000, 2],
      ],
    ],
    [
      "E6",
      [
        [0.68, 1.5, 1],
        [1.5, 15, 1],
        [15, 1500, 2],
      ],
    ],
  ] as const)("rounds its boundaries to %s", async (granularity, expected) => {
    expect(shown(await rounded([1, 10, 100, 1000], 3, granularity))).toEqual(expected);
  });

  it("makes fewer buckets where a series is coarse, and one of zeros ends below what follows", async () => {
    expect(shown(await rounded([1, 2], 10, "R5"))).toEqual([
      [0.63, 1.6, 1],
      [1.6, 2.5, 1],
    ]);
    expect(shown(await rounded([0, 0, 7], 3, "1-2-5"))).toEqual([
      [0, 5, 2],
      [5, 10, 1],
    ]);
    expect(shown(await rounded([0], 3, "R80"))).toEqual([[0, 0, 1]]);
  });

  const series = [
    "R5",
    "R10",
    "R20",
    "R40",
    "R80",
    "1-2-5",
    "E6",
    "E12",
    "E24",
    "E48",
    "E96",
    "E192",
    "POWERSOF2",
  ];
  it.each(series)("of %s has each document in the bucket whose bounds are around it", async (granularity) => {
    const random = seededRandom(8);
    const values = Array.from({ length: 150 }, () => 10 ** (random.next() * 8 - 4));
    const found = shown(await rounded(values, 7, granularity));
    found.forEach(([min, max, count], i) => {
      expect(values.filter((value) => value >= min! && value < max!)).toHaveLength(count!);
      if (i > 0) expect(min).toBe(found[i - 1]![1]);
      // Numbers of a series have few digits.
      if (granularity !== "POWERSOF2") expect(Number(max!.toPrecision(3))).toBe(max);
      else expect(Number.isInteger(Math.log2(max!))).toBe(true);
    });
    expect(found.reduce((sum, [, , count]) => sum + count!, 0)).toBe(values.length);
  });

  it("steps through series that have as many numbers as their names say, near to roots of ten", () => {
    for (const [letter, tolerance] of [
      ["R", 0.014],
      ["E", 0.05],
    ] as const) {
      for (const name of series.filter((each) => each.startsWith(letter))) {
        const count = Number(name.slice(1));
        const { up, down } = rounderOf(name);
        let number = 1;
        for (let i = 1; i <= count; i++) {
          const next = Number(up(number));
          expect(Math.abs(next / 10 ** (i / count) - 1), `${name} ${next}`).toBeLessThan(tolerance);
          expect(Number(down(next))).toBe(number);
          number = next;
        }
        expect(number).toBe(10);
      }
    }
  });

  it.each([
    ["a text", ["a", "b"], 40258],
    ["NaN", [Number.NaN], 40259],
    ["a negative number", [1, -5], 40260],
  ] as const)("refuses to round %s", async (_name, values, serverCode) => {
    await expect(rounded(values, 2, "R5")).rejects.toMatchObject({ serverCode });
  });

  it("groups null with what is missing, and takes expressions", async () => {
    const c = db.collection("n");
    await c.insertMany([{ _id: 1, x: null }, { _id: 2 }, { _id: 3, x: 5 }, { _id: 4, x: 10 }]);
    expect(await c.aggregate([{ $bucketAuto: { groupBy: "$x", buckets: 2 } }]).toArray()).toEqual([
      { _id: { min: null, max: 5 }, count: 2 },
      { _id: { min: 5, max: 10 }, count: 2 },
    ]);
    const output = { ids: { $push: "$_id" } };
    const groupBy = { $mod: ["$_id", 2] };
    expect(await c.aggregate([{ $bucketAuto: { groupBy, buckets: 2, output } }]).toArray()).toEqual([
      { _id: { min: 0, max: 1 }, ids: [2, 4] },
      { _id: { min: 1, max: 1 }, ids: [1, 3] },
    ]);
    expect(
      await c.aggregate([{ $match: { _id: 9 } }, { $bucketAuto: { groupBy, buckets: 2 } }]).toArray(),
    ).toEqual([]);
  });

  it.each([
    ["text", 40240],
    [[1, 2], 40240],
    [{}, 40246],
    [{ groupBy: "$x" }, 40246],
    [{ groupBy: "$x", buckets: 2, extra: 1 }, 40245],
    [{ groupBy: "x", buckets: 2 }, 40239],
    [{ groupBy: "$x", buckets: "2" }, 40241],
    [{ groupBy: "$x", buckets: 2.5 }, 40242],
    [{ groupBy: "$x", buckets: Number.NaN }, 40242],
    [{ groupBy: "$x", buckets: 2 ** 31 }, 40242],
    [{ groupBy: "$x", buckets: 0 }, 40243],
    [{ groupBy: "$x", buckets: 2, output: 1 }, 40244],
    [{ groupBy: "$x", buckets: 2, output: { n: 1 } }, 40234],
    [{ groupBy: "$x", buckets: 2, output: { "a.b": { $sum: 1 } } }, 40235],
    [{ groupBy: "$x", buckets: 2, output: { $a: { $sum: 1 } } }, 40236],
    [{ groupBy: "$x", buckets: 2, granularity: 5 }, 40261],
    [{ groupBy: "$x", buckets: 2, granularity: "BOGUS" }, 40257],
  ] as const)("refuses %j with number %d", (operand, code) =>
    failsWith({ $bucketAuto: operand as Value }, code),
  );
});
