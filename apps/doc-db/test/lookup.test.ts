import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareValues, Database, type Document, type Value } from "../src/extras.ts";

const ORDERS = 2300;
let db: Database;

/** Orders with the numbers of their items, some in arrays, some missing. */
const orders: Document[] = [];
const items: Document[] = [];

beforeAll(async () => {
  db = await Database.open("joins.db", { vfs: new MemoryVfs(), durability: "memory" });
  const random = seededRandom(3);
  for (let i = 0; i < 60; i++) items.push({ _id: i, sku: i % 50 === 7 ? null : i % 50, price: i * 2 });
  items.push({ _id: 60, price: 1 }, { _id: 61, sku: [3, 4], price: 2 }, { _id: 62, sku: 5n, price: 3 });
  for (let i = 0; i < ORDERS; i++) {
    const sku: Value | undefined = [random.nextInt(0, 70), [1, random.nextInt(0, 9)], null, undefined][i % 4];
    orders.push(sku === undefined ? { _id: i } : { _id: i, sku, most: random.nextInt(0, 120) });
  }
  await db.collection("orders").insertMany(orders);
  await db.collection("items").insertMany(items);
});

afterAll(() => db.close());

/** What belongs to a value: the definition, value by value. */
function valuesOf(document: Document): readonly Value[] {
  const value = document.sku ?? null;
  return Array.isArray(value) ? [...(value as readonly Value[]), value] : [value];
}

function joined(order: Document): Value[] {
  return items
    .filter((item) => valuesOf(item).some((a) => valuesOf(order).some((b) => compareValues(a, b) === 0)))
    .map(({ _id }) => _id!);
}

function ids(found: Value | undefined): Value[] {
  return (found as readonly Document[]).map(({ _id }) => _id!).sort(compareValues);
}

describe.each([false, true])("$lookup, with an index on the other field: %s", (hasIndex) => {
  beforeAll(async () => {
    if (hasIndex) await db.collection("items").createIndex("sku");
  });

  it("finds what a comparison of all pairs finds, over several blocks", async () => {
    const stage = { $lookup: { from: "items", localField: "sku", foreignField: "sku", as: "items" } };
    const found = await db.collection("orders").aggregate([stage]).toArray();
    expect(found).toHaveLength(ORDERS);
    for (const { items: joinedItems, ...order } of found) expect(ids(joinedItems)).toEqual(joined(order));
  });

  it("runs a pipeline over what belongs to a document, with the document's values as variables", async () => {
    const stage = {
      $lookup: {
        from: "items",
        localField: "sku",
        foreignField: "sku",
        let: { most: "$most" },
        pipeline: [{ $match: { $expr: { $lte: ["$price", "$$most"] } } }, { $project: { price: 1 } }],
        as: "items",
      },
    };
    const found = await db
      .collection("orders")
      .aggregate([{ $limit: 200 }, stage])
      .toArray();
    for (const { items: joinedItems, ...order } of found) {
      const cheap = joined(order).filter((id) => {
        const price = items.find(({ _id }) => _id === id)!.price as number;
        return order.most !== undefined && price <= (order.most as number);
      });
      expect(ids(joinedItems)).toEqual(cheap);
    }
  });
});

it("joins by a pipeline alone, once for all documents where it has no variables", async () => {
  const pipeline = [{ $match: { price: { $gt: 110 } } }];
  const stage = { $lookup: { from: "items", pipeline, as: "dear" } };
  const found = await db
    .collection("orders")
    .aggregate([{ $limit: 3 }, stage])
    .toArray();
  for (const { dear } of found) expect(ids(dear)).toEqual([56, 57, 58, 59]);
  const correlated = {
    $lookup: {
      from: "items",
      let: { id: "$_id", name: "$$most" },
      pipeline: [{ $match: { $expr: { $eq: ["$_id", "$$id"] }, note: { $ne: "$$id" } } }],
      as: "same",
    },
  };
  await expect(async () => db.collection("orders").aggregate([correlated]).toArray()).rejects.toThrow("most");
  const { name: _, ...variables } = correlated.$lookup.let;
  const right = { $lookup: { ...correlated.$lookup, let: variables } };
  const same = await db
    .collection("orders")
    .aggregate([{ $limit: 70 }, right])
    .toArray();
  for (const order of same) expect(ids(order.same)).toEqual((order._id as number) <= 62 ? [order._id] : []);
});

it("puts what it has found at a path", async () => {
  const stage = { $lookup: { from: "orders", localField: "_id", foreignField: "_id", as: "found.orders" } };
  const stages = [{ $match: { _id: 1 } }, stage, { $project: { found: 1 } }, { $limit: 1 }];
  const [item] = await db.collection("items").aggregate(stages).toArray();
  expect(item).toMatchObject({ _id: 1, found: { orders: [{ _id: 1 }] } });
});

it("puts the documents of another collection behind", async () => {
  const names = await db
    .collection("items")
    .aggregate([
      { $match: { _id: 1 } },
      { $unionWith: { coll: "orders", pipeline: [{ $match: { _id: { $lt: 2 } } }] } },
      { $unionWith: "nothing" },
      { $project: { _id: 1 } },
    ])
    .toArray();
  expect(names).toEqual([{ _id: 1 }, { _id: 0 }, { _id: 1 }]);
});

it.each([
  [{ $lookup: { from: "items", as: "x" } }, "localField and foreignField, or a pipeline"],
  [{ $lookup: { from: "items", pipeline: [], let: 3, as: "x" } }, "an object of expressions"],
  [{ $lookup: { from: "items", pipeline: [{ $match: { $expr: "$$none" } }], as: "x" } }, "none"],
  [{ $unionWith: { pipeline: [] } }, "a collection"],
])("refuses %j before it reads anything", async (stage, message) => {
  await expect(async () => db.collection("nothing").aggregate([stage]).toArray()).rejects.toThrow(message);
});
