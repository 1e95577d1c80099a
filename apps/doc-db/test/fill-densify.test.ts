import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database, Decimal128, type Document, type Value } from "../src/extras.ts";

let db: Database;
const vfs = new MemoryVfs();

beforeAll(async () => {
  db = await Database.open("gaps.db", { vfs, durability: "memory" });
});

afterAll(() => db.close());

async function run(
  documents: readonly Document[],
  stage: Document,
  memoryBytes = 2 ** 20,
): Promise<Document[]> {
  const c = db.collection("c");
  await c.deleteMany({});
  await c.insertMany([...documents]);
  return db.aggregate("test", "c", [stage], { memoryBytes }).toArray();
}

async function failsWith(
  stage: Document,
  serverCode: number,
  documents: readonly Document[] = [],
): Promise<void> {
  await expect(run(documents, stage)).rejects.toMatchObject({ serverCode });
}

describe("$fill", () => {
  const random = seededRandom(9);
  const documents = Array.from({ length: 300 }, (_, _id) => ({
    _id,
    shop: { town: "abc"[random.nextInt(0, 2)]! },
    at: _id * 3 + random.nextInt(0, 2),
    ...[{}, { v: null }, { v: random.nextInt(-20, 20) }][random.nextInt(0, 2)]!,
  })) as { _id: number; shop: { town: string }; at: number; v?: number | null }[];
  const towns = ["a", "b", "c"].map((name) => documents.filter(({ shop }) => shop.town === name));

  /** By a look at all the others of its town. */
  const oracle = (method: string, { shop, at, v }: (typeof documents)[number]): number | null => {
    if (typeof v === "number") return v;
    const known = documents.filter((other) => other.shop.town === shop.town && typeof other.v === "number");
    const before = known.findLast((other) => other.at < at);
    if (method === "locf") return before?.v ?? null;
    const after = known.find((other) => other.at > at);
    if (before === undefined || after === undefined) return null;
    return before.v! + ((after.v! - before.v!) * (at - before.at)) / (after.at - before.at);
  };

  it.each([
    ["locf", { partitionBy: "$shop.town" }, 2 ** 20],
    ["locf", { partitionByFields: ["shop.town"] }, 2048],
    ["linear", { partitionBy: { town: "$shop.town" } }, 2 ** 20],
    ["linear", { partitionByFields: ["shop.town"] }, 8192],
  ] as const)(
    "by %s in partitions of %j gives what a look at the neighbours gives",
    async (method, by, memoryBytes) => {
      const found = await run(
        documents,
        { $fill: { ...by, sortBy: { at: 1 }, output: { v: { method } } } },
        memoryBytes,
      );
      expect(found.map(({ _id }) => _id)).toEqual(towns.flat().map(({ _id }) => _id));
      for (const { _id, v, ...others } of found) {
        const document = documents[Number(_id)]!;
        expect(others).toEqual({ shop: document.shop, at: document.at });
        const expected = oracle(method, document);
        if (expected === null) expect(v).toBeNull();
        else expect(Number(v)).toBeCloseTo(expected, 10);
      }
      expect((await vfs.list(".")).filter(({ name }) => name.includes("scratch"))).toEqual([]);
    },
  );

  it("takes values, expressions and paths, and leaves the order as it was without a method", async () => {
    const given = [{ _id: 1, a: { b: null }, n: 2 }, { _id: 2, a: { b: 0 }, n: 3 }, { _id: 3 }];
    const output = { "a.b": { value: { $multiply: ["$n", 10] } }, n: { value: 7 } };
    expect(await run(given, { $fill: { output } })).toEqual([
      { _id: 1, a: { b: 20 }, n: 2 },
      { _id: 2, a: { b: 0 }, n: 3 },
      { _id: 3, a: { b: null }, n: 7 },
    ]);
    const carried = await run(given, {
      $fill: { sortBy: { _id: -1 }, output: { "a.b": { method: "locf" } } },
    });
    expect(carried).toEqual([
      { _id: 3, a: { b: null } },
      { _id: 2, a: { b: 0 }, n: 3 },
      { _id: 1, a: { b: 0 }, n: 2 },
    ]);
  });

  it("interpolates by dates, descending, and with decimals", async () => {
    const hour = (n: number): Date => new Date(Date.UTC(2021, 2, 8, n));
    const prices = [500, null, 515, null, null, 485].map((price, i) => ({ _id: i, at: hour(9 + i), price }));
    const filled = [500, 507.5, 515, 505, 495, 485];
    for (const direction of [1, -1]) {
      const stage = { $fill: { sortBy: { at: direction }, output: { price: { method: "linear" } } } };
      const found = await run(prices, stage);
      expect(found.map(({ price }) => Number(price))).toEqual(direction === 1 ? filled : filled.toReversed());
    }
    const decimals = [Decimal128.parse("1.00"), null, Decimal128.parse("1.3")].map((v, _id) => ({ _id, v }));
    const found = await run(decimals, { $fill: { sortBy: { _id: 1 }, output: { v: { method: "linear" } } } });
    expect(found.map(({ v }) => String(v))).toEqual(["1.00", "1.15", "1.3"]);
  });

  const linear = { sortBy: { _id: 1 }, output: { v: { method: "linear" } } };
  it.each([
    ["a text as a value", [{ _id: 1, v: "1" }], linear, 14],
    ["a text to be sorted by", [{ _id: "1", v: 1 }], linear, 14],
    [
      "numbers and dates to be sorted by",
      [
        { _id: 1, v: 1 },
        { _id: new Date(5), v: 1 },
      ],
      linear,
      14,
    ],
    [
      "a value that is sorted by twice",
      [
        { _id: 1, k: 1, v: 1 },
        { _id: 2, k: 1, v: 1 },
      ],
      { ...linear, sortBy: { k: 1 } },
      6050106,
    ],
  ] as const)("linear refuses %s", (_name, given, operand, code) =>
    failsWith({ $fill: operand as Document }, code, given as readonly Document[]),
  );

  it.each([
    ["text", 9],
    [{}, 40414],
    [{ output: 1 }, 14],
    [{ output: {} }, 6050203],
    [{ output: { a: { value: 1 } }, other: 1 }, 40415],
    [{ output: { a: "locf" } }, 6050200],
    [{ output: { a: { method: "locf", value: 1 } } }, 6050201],
    [{ output: { a: { method: "random" } } }, 6050202],
    [{ output: { a: { method: "locf", second: 1 } } }, 40415],
    [{ output: { a: { method: "locf" } }, partitionBy: "$a", partitionByFields: ["a"] }, 6050204],
    [{ output: { a: { value: 1 } }, partitionByFields: ["$a"] }, 16410],
    [{ output: { a: { value: 1 } }, partitionByFields: "a" }, 14],
    [{ output: { a: { value: 1 } }, sortBy: { a: 2 } }, 15975],
    [{ output: { a: { method: "linear" } } }, 605001],
    [{ output: { a: { method: "linear" } }, sortBy: { a: 1, b: 1 } }, 605001],
  ] as const)("refuses %j with number %d", (operand, code) => failsWith({ $fill: operand as Value }, code));

  it("its functions take no window in $setWindowFields", () =>
    failsWith({ $setWindowFields: { output: { a: { $locf: "$a", window: { documents: [0, 1] } } } } }, 9));
});

describe("$densify", () => {
  const random = seededRandom(10);

  /** The places of a grid from the lowest one on, as a set of them would have them. */
  const gridOf = (from: number, to: number, step: number): number[] => {
    const grid: number[] = [];
    for (let place = from; place <= to; place += step) grid.push(place);
    return grid;
  };

  it.each(["full", "partition", "bounds", "narrow"] as const)(
    "with %s makes what a set of places lacks, whatever memory there is",
    async (kind) => {
      for (let round = 0; round < 8; round++) {
        const step = random.nextInt(1, 4);
        const documents = Array.from({ length: random.nextInt(1, 40) }, (_, _id) => ({
          _id,
          by: { k: "xyz"[random.nextInt(0, 2)]! },
          n: random.nextInt(0, 40),
        }));
        const values = documents.map(({ n }) => n);
        const [lo, hi] = kind === "narrow" ? [10, 15] : [-5, 50];
        const expected: string[] = documents.map(({ by, n }) => `${by.k} ${n} old`);
        for (const k of new Set(documents.map(({ by }) => by.k))) {
          const own = new Set(documents.filter(({ by }) => by.k === k).map(({ n }) => n));
          const grid =
            kind === "full"
              ? gridOf(Math.min(...values), Math.max(...values), step)
              : kind === "partition"
                ? gridOf(Math.min(...own), Math.max(...own), step)
                : gridOf(lo, hi - 1, step);
          for (const place of grid) if (!own.has(place)) expected.push(`${k} ${place} new`);
        }
        const bounds = kind === "full" || kind === "partition" ? kind : [lo, hi];
        const stage = { $densify: { field: "n", partitionByFields: ["by.k"], range: { step, bounds } } };
        for (const memoryBytes of [512, 2 ** 20]) {
          const found = await run(documents, stage, memoryBytes);
          const texts = found.map(
            ({ _id, by, n }) =>
              `${(by as Document).k as string} ${Number(n)} ${_id === undefined ? "new" : "old"}`,
          );
          expect(texts.toSorted()).toEqual(expected.toSorted());
        }
      }
    },
  );

  it("fills hours and months, each from where the one before ended", async () => {
    const at = (text: string): Date => new Date(`${text}Z`);
    const documents = [
      { _id: 1, at: at("2021-05-18T00:00"), t: 12 },
      { _id: 2, at: at("2021-05-18T04:00"), t: 11 },
    ];
    const stage = { $densify: { field: "at", range: { step: 1, unit: "hour", bounds: "full" } } };
    expect((await run(documents, stage)).map(({ at }) => (at as Date).getUTCHours())).toEqual([
      0, 1, 2, 3, 4,
    ]);
    const bounds = [at("2021-01-31T00:00"), at("2021-05-01T00:00")];
    const months = await run([], { $densify: { field: "at", range: { step: 1, unit: "month", bounds } } });
    expect(months.map(({ at }) => (at as Date).toISOString().slice(0, 10))).toEqual([
      "2021-01-31",
      "2021-02-28",
      "2021-03-28",
      "2021-04-28",
    ]);
  });

  it("keeps what has no place, takes fractions, and puts paths into objects", async () => {
    const documents = [
      { _id: 1 },
      { _id: 2, a: { n: null } },
      { _id: 3, a: { n: 0.5 } },
      { _id: 4, a: { n: 2 } },
    ];
    const stage = { $densify: { field: "a.n", range: { step: 0.5, bounds: "full" } } };
    expect(await run(documents, stage)).toEqual([
      { _id: 1 },
      { _id: 2, a: { n: null } },
      { _id: 3, a: { n: 0.5 } },
      { a: { n: expect.anything() } },
      { a: { n: 1.5 } },
      { _id: 4, a: { n: 2 } },
    ]);
  });

  it("makes no more documents than can be, and no steps that lead nowhere", async () => {
    const range = { step: 1, bounds: [0, 10_000_000] };
    await failsWith({ $densify: { field: "n", range } }, 5897900);
    const far = [
      { _id: 1, n: 1e300 },
      { _id: 2, n: 2e300 },
    ];
    await failsWith({ $densify: { field: "n", range: { step: 1, bounds: "full" } } }, 5897900, far);
  });

  const full = { step: 1, bounds: "full" };
  const day = { step: 1, unit: "day", bounds: "full" };
  it("refuses values that are no places", async () => {
    await failsWith({ $densify: { field: "n", range: full } }, 5733201, [{ _id: 1, n: "1" }]);
    await failsWith({ $densify: { field: "n", range: full } }, 6053600, [{ _id: 1, n: new Date(0) }]);
    await failsWith({ $densify: { field: "n", range: day } }, 6053600, [{ _id: 1, n: 1 }]);
  });

  const dates = [new Date(0), new Date(5)];
  it.each([
    ["text", 9],
    [{}, 40414],
    [{ field: "n" }, 40414],
    [{ field: 1, range: full }, 14],
    [{ field: "$n", range: full }, 16410],
    [{ field: "n", range: "full" }, 14],
    [{ field: "n", range: full, other: 1 }, 40415],
    [{ field: "n", range: { step: 1 } }, 40414],
    [{ field: "n", range: { bounds: "full" } }, 40414],
    [{ field: "n", range: { ...full, other: 1 } }, 40415],
    [{ field: "n", range: { ...full, step: "1" } }, 14],
    [{ field: "n", range: { ...full, step: 0 } }, 5733401],
    [{ field: "n", range: { ...full, step: -1 } }, 5733401],
    [{ field: "n", range: { ...full, unit: 1 } }, 14],
    [{ field: "n", range: { ...full, unit: "sec" } }, 9],
    [{ field: "n", range: { ...day, step: 1.5 } }, 6586400],
    [{ field: "n", range: { ...full, bounds: "all" } }, 5946802],
    [{ field: "n", range: { ...full, bounds: 1 } }, 5733402],
    [{ field: "n", range: { ...full, bounds: [1] } }, 5733403],
    [{ field: "n", range: { ...full, bounds: [1, 2, 3] } }, 5733403],
    [{ field: "n", range: { ...full, bounds: [2, 1] } }, 5733402],
    [{ field: "n", range: { ...full, bounds: ["a", "b"] } }, 5733402],
    [{ field: "n", range: { ...full, bounds: [1, new Date(5)] } }, 5733406],
    [{ field: "n", range: { ...day, bounds: [1, 2] } }, 5733409],
    [{ field: "n", range: { ...full, bounds: dates } }, 5876900],
    [{ field: "n", range: { ...full, bounds: [1, 2.5] } }, 5876900],
    [{ field: "n", range: { ...full, bounds: "partition" } }, 5733408],
    [{ field: "n", range: full, partitionByFields: "k" }, 14],
    [{ field: "n", range: full, partitionByFields: [1] }, 14],
    [{ field: "n", range: full, partitionByFields: ["$k"] }, 16410],
    [{ field: "n", range: full, partitionByFields: ["n"] }, 8993000],
  ] as const)("refuses %j with number %d", (operand, code) =>
    failsWith({ $densify: operand as Value }, code),
  );
});
