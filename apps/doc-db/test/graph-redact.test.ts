import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database, type Document, type Value } from "../src/extras.ts";

let db: Database;

beforeAll(async () => {
  db = await Database.open("graphs.db", { vfs: new MemoryVfs(), durability: "memory" });
});

afterAll(() => db.close());

describe("$graphLookup", () => {
  const nodes: { _id: number; to: number[]; weight: number }[] = [];

  beforeAll(async () => {
    const random = seededRandom(5);
    for (let _id = 0; _id < 120; _id++) {
      const to = Array.from({ length: random.nextInt(0, 2) }, () => random.nextInt(0, 119));
      nodes.push({ _id, to, weight: random.nextInt(0, 9) });
    }
    await db.collection("nodes").insertMany(nodes);
    await db.collection("starts").insertMany(nodes.map(({ _id }) => ({ _id, at: _id })));
  });

  /** By breadth, over the objects themselves. */
  const reached = (
    start: number,
    maxDepth: number,
    isAllowed: (weight: number) => boolean,
  ): Map<number, number> => {
    const depths = new Map<number, number>();
    let level = [start];
    for (let depth = 0; depth <= maxDepth && level.length > 0; depth++) {
      const next: number[] = [];
      for (const id of level) {
        const node = nodes[id]!;
        if (depths.has(id) || !isAllowed(node.weight)) continue;
        depths.set(id, depth);
        next.push(...node.to);
      }
      level = next;
    }
    return depths;
  };

  it.each([
    [undefined, undefined],
    [0, undefined],
    [2, undefined],
    [5n, { weight: { $lt: 7 } }],
    [undefined, { weight: { $gte: 2 } }],
  ] as const)(
    "with maxDepth %s and restriction %j finds what a walk over objects finds",
    async (maxDepth, match) => {
      const spec = {
        from: "nodes",
        startWith: "$at",
        connectFromField: "to",
        connectToField: "_id",
        as: "found.all",
        depthField: "depth",
        ...(maxDepth === undefined ? {} : { maxDepth }),
        ...(match === undefined ? {} : { restrictSearchWithMatch: match as Document }),
      };
      const isAllowed = (weight: number): boolean =>
        match === undefined || ("$lt" in match.weight ? weight < 7 : weight >= 2);
      let documents = 0;
      for await (const { _id, found } of db.collection("starts").aggregate([{ $graphLookup: spec }])) {
        const all = (found as Document).all as readonly Document[];
        const expected = reached(Number(_id), Number(maxDepth ?? 1000), isAllowed);
        expect(new Map(all.map((node) => [node._id, Number(node.depth)]))).toEqual(expected);
        expect(all).toHaveLength(expected.size);
        for (const { depth, ...node } of all) {
          expect(typeof depth).toBe("bigint");
          expect(node).toEqual(nodes[Number(node._id)]);
        }
        documents++;
      }
      expect(documents).toBe(nodes.length);
    },
  );

  it("takes an array to start with by its elements, and a missing field leads nowhere, but null does", async () => {
    const c = db.collection("people");
    await c.insertMany([
      { _id: 1, name: "Ada", boss: "Emmy" },
      { _id: 2, name: "Emmy", boss: null },
      { _id: 3, name: null, boss: "Grace" },
      { _id: 4, name: ["Grace", "Hopper"] },
      { _id: 5, other: 1 },
    ]);
    const from = async (startWith: Value): Promise<Value[]> => {
      const spec = {
        from: "people",
        startWith,
        connectFromField: "boss",
        connectToField: "name",
        as: "found",
      };
      const [document] = await db
        .collection("starts")
        .aggregate([{ $match: { _id: 0 } }, { $graphLookup: spec }])
        .toArray();
      return (document!.found as readonly Document[]).map(({ _id }) => _id!).sort();
    };
    expect(await from("Ada")).toEqual([1, 2, 3, 4]);
    expect(await from({ $literal: ["Grace", "Nobody"] })).toEqual([4]);
    expect(await from(null)).toEqual([3, 4]);
    expect(await from("$nothing")).toEqual([]);
  });

  it("takes variables of a $lookup around it in $expr of its filter, and texts there as they are", async () => {
    const restrictions: readonly (readonly [Document, number])[] = [
      [{ $expr: { $lt: ["$weight", "$$most"] } }, 1],
      [{ weight: { $ne: "$$most" } }, 2],
    ];
    await db.collection("two").insertMany([
      { _id: 1, to: 2, weight: 1 },
      { _id: 2, weight: 5 },
    ]);
    for (const [restrictSearchWithMatch, count] of restrictions) {
      const spec = {
        from: "two",
        startWith: "$$first",
        connectFromField: "to",
        connectToField: "_id",
        as: "all",
      };
      const pipeline = [{ $limit: 1 }, { $graphLookup: { ...spec, restrictSearchWithMatch } }];
      const variables = { first: "$_id", most: { $literal: 5 } };
      const [document] = await db
        .collection("two")
        .aggregate([
          { $match: { _id: 1 } },
          { $lookup: { from: "two", let: variables, pipeline, as: "found" } },
        ])
        .toArray();
      expect((document!.found as readonly Document[])[0]!.all).toHaveLength(count);
    }
  });

  it("ends with number 40099 where memory has no room for what it finds", async () => {
    const spec = {
      from: "nodes",
      startWith: "$at",
      connectFromField: "to",
      connectToField: "_id",
      as: "all",
    };
    await expect(
      db.aggregate("test", "starts", [{ $graphLookup: spec }], { memoryBytes: 64 }).toArray(),
    ).rejects.toMatchObject({ serverCode: 40099 });
  });

  const valid = { from: "nodes", startWith: "$at", connectFromField: "to", connectToField: "_id", as: "all" };
  it.each([
    [5, 9],
    [{}, 40105],
    [{ ...valid, other: 1 }, 40104],
    [{ ...valid, from: 1 }, 40103],
    [{ ...valid, as: null }, 40103],
    [{ ...valid, as: "$a" }, 16410],
    [{ ...valid, depthField: 1 }, 40103],
    [{ ...valid, maxDepth: "1" }, 40100],
    [{ ...valid, maxDepth: -1 }, 40101],
    [{ ...valid, maxDepth: 1.5 }, 40102],
    [{ ...valid, restrictSearchWithMatch: 1 }, 40185],
    [{ ...valid, restrictSearchWithMatch: { a: { $near: [1, 2] } } }, 5626500],
  ] as const)("refuses %j with number %d", async (operand, serverCode) => {
    const run = async (): Promise<Document[]> =>
      db
        .collection("starts")
        .aggregate([{ $graphLookup: operand as Value }])
        .toArray();
    await expect(run()).rejects.toMatchObject({ serverCode });
  });
});

describe("$redact", () => {
  const redacted = async (document: Document, expression: Value): Promise<Document | undefined> => {
    const c = db.collection("redacted");
    await c.deleteMany({});
    await c.insertOne({ _id: 1, ...document });
    return (await c.aggregate([{ $redact: expression }]).toArray())[0];
  };
  const unless = { $cond: [{ $eq: ["$secret", true] }, "$$PRUNE", "$$DESCEND"] };
  const levelOne = { $cond: [{ $eq: ["$level", 1] }, "$$KEEP", "$$PRUNE"] };

  it.each([
    [
      "goes into objects and arrays",
      { a: 1, b: { c: 2, d: { secret: true } } },
      unless,
      { a: 1, b: { c: 2 } },
    ],
    [
      "leaves out elements, and keeps those that are no objects",
      { list: [1, "x", [2, { secret: true }], { secret: true }, { keep: 9 }] },
      unless,
      { list: [1, "x", [2], { keep: 9 }] },
    ],
    [
      "keeps what has become empty",
      { a: { b: { secret: true } }, l: [{ secret: true }] },
      unless,
      { a: {}, l: [] },
    ],
    [
      "keeps a level with all below it",
      { level: 1, child: { level: 2, secret: true } },
      levelOne,
      { level: 1, child: { level: 2, secret: true } },
    ],
    ["takes out a whole document", { level: 2, child: { level: 1 } }, levelOne, undefined],
    [
      "sees the root from each level, and variables of its own",
      { level: 3, a: { level: 1 }, b: { level: 4 } },
      {
        $let: {
          vars: { most: "$$ROOT.level" },
          in: { $cond: [{ $lte: ["$$CURRENT.level", "$$most"] }, "$$DESCEND", "$$PRUNE"] },
        },
      },
      { level: 3, a: { level: 1 } },
    ],
  ] as const)("%s", async (_name, document, expression, expected) => {
    const found = await redacted(document as Document, expression);
    expect(found).toEqual(expected === undefined ? undefined : { _id: 1, ...expected });
  });

  it.each([
    null,
    "$$ROOT",
    "DESCEND",
    { $literal: "$$KEEP" },
    ["$$KEEP"],
    {},
    "$missing",
    { decision: "KEEP" },
  ])("refuses %j, which is none of its variables", async (expression) => {
    await expect(redacted({ a: 1 }, expression)).rejects.toMatchObject({ serverCode: 17053 });
  });

  it("looks at no deeper level where it keeps or prunes", async () => {
    const expression = { $cond: [{ $eq: ["$keep", true] }, "$$KEEP", "$bad"] };
    expect(await redacted({ keep: true, child: { bad: 1 } }, expression)).toEqual({
      _id: 1,
      keep: true,
      child: { bad: 1 },
    });
    const descends = { $cond: [{ $eq: ["$keep", true] }, "$$DESCEND", "$bad"] };
    await expect(redacted({ keep: true, child: { bad: 1 } }, descends)).rejects.toMatchObject({
      serverCode: 17053,
    });
  });
});
