import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { dumpDatabase, restoreDump } from "../src/export/dump.ts";
import { type Collection, Database, type Document, type ReferenceAction } from "../src/extras.ts";
import { contentOf } from "./helpers.ts";

const FOREIGN_KEY = { code: "DOCDB_FOREIGN_KEY", serverCode: 787 };

async function shop(
  onDelete: ReferenceAction = "restrict",
  onUpdate: ReferenceAction = "restrict",
): Promise<{ db: Database; customers: Collection; orders: Collection }> {
  const db = await Database.open("shop.db", { vfs: new MemoryVfs() });
  const customers = db.collection("customers");
  await customers.insertMany([
    { _id: 1, name: "Ada", mail: "a@x" },
    { _id: 2, name: "Emmy", mail: "e@x" },
  ]);
  const orders = await db.createCollection("orders", {
    foreignKeys: [{ field: "customer", references: { collection: "customers" }, onDelete, onUpdate }],
  });
  await orders.insertMany([
    { _id: 10, customer: 1 },
    { _id: 11, customer: 1 },
    { _id: 12, customer: 2 },
    { _id: 13 },
    { _id: 14, customer: null },
  ]);
  return { db, customers, orders };
}

describe("foreign keys", () => {
  it("refuse a document whose parent is missing, by every way to write it", async () => {
    const { db, orders, customers } = await shop();
    const before = await contentOf(orders);
    await expect(orders.insertOne({ _id: 20, customer: 9 })).rejects.toMatchObject(FOREIGN_KEY);
    await expect(orders.insertOne({ _id: 20, customer: 9 })).rejects.toThrow(
      "orders customer_key: customer of the document with _id 20: got 9, expected a _id that a document of customers has",
    );
    await expect(
      orders.insertMany([
        { _id: 20, customer: 1 },
        { _id: 21, customer: 9 },
      ]),
    ).rejects.toMatchObject(FOREIGN_KEY);
    await expect(orders.updateOne({ _id: 10 }, { $set: { customer: 9 } })).rejects.toMatchObject(FOREIGN_KEY);
    await expect(orders.updateMany({}, { $set: { customer: 9 } })).rejects.toMatchObject(FOREIGN_KEY);
    await expect(orders.replaceOne({ _id: 10, customer: 9 })).rejects.toMatchObject(FOREIGN_KEY);
    await expect(
      orders.updateOne({ _id: 30 }, { $set: { customer: 9 } }, { upsert: true }),
    ).rejects.toMatchObject(FOREIGN_KEY);
    await expect(orders.findOneAndUpdate({ _id: 10 }, { $set: { customer: 9 } })).rejects.toMatchObject(
      FOREIGN_KEY,
    );
    await expect(
      db.command({ findAndModify: "orders", query: { _id: 10 }, update: { customer: 9 } }),
    ).rejects.toMatchObject(FOREIGN_KEY);
    expect(await db.command({ insert: "orders", documents: [{ _id: 20, customer: 9 }] })).toMatchObject({
      n: 0,
      writeErrors: [{ index: 0, code: 787 }],
    });
    await db.collection("source").insertMany([{ _id: 10, customer: 9 }]);
    const source = db.collection("source");
    await expect(source.aggregate([{ $merge: "orders" }]).toArray()).rejects.toMatchObject(FOREIGN_KEY);
    await expect(source.aggregate([{ $out: "orders" }]).toArray()).rejects.toMatchObject(FOREIGN_KEY);
    async function* documents(): AsyncGenerator<Document> {
      yield { _id: 40, customer: 1 };
      yield { _id: 41, customer: 9 };
    }
    await expect(orders.importFrom(documents())).rejects.toMatchObject(FOREIGN_KEY);
    const transaction = db.transaction();
    const within = db.collection("orders", transaction);
    await within.insertOne({ _id: 50, customer: 2 });
    await expect(within.insertOne({ _id: 51, customer: 9 })).rejects.toMatchObject(FOREIGN_KEY);
    await transaction.abort();
    expect(await contentOf(orders)).toEqual(before);
    expect(await customers.countDocuments()).toBe(2);
    expect(await db.verify()).toEqual([]);
    await db.close();
  });

  it("restrict: a parent that is referred to stays, by every way to delete it", async () => {
    const { db, customers } = await shop();
    await expect(customers.deleteOne({ _id: 1 })).rejects.toThrow(
      "expected no reference to it; that of orders with _id 10 refers to it by customer (customer_key)",
    );
    await expect(customers.deleteMany({})).rejects.toMatchObject(FOREIGN_KEY);
    await expect(db.command({ findAndModify: "customers", query: {}, remove: true })).rejects.toMatchObject(
      FOREIGN_KEY,
    );
    await expect(db.command({ drop: "customers" })).rejects.toMatchObject(FOREIGN_KEY);
    await expect(
      db
        .collection("orders")
        .aggregate([{ $match: { _id: 10 } }, { $out: "customers" }])
        .toArray(),
    ).rejects.toMatchObject(FOREIGN_KEY);
    expect(await customers.countDocuments()).toBe(2);
    await db.command({ drop: "orders" });
    await db.command({ drop: "customers" });
    await db.close();
  });

  it("cascade and setNull follow, through cycles, into the feed of changes and validators", async () => {
    const { db, customers, orders } = await shop("cascade");
    await db.enableChanges();
    await db.createCollection("lines", {
      foreignKeys: [{ field: "order", references: { collection: "orders" }, onDelete: "setNull" }],
      validator: { order: { $ne: "never" } },
    });
    await db.collection("lines").insertMany([
      { _id: 1, order: [10, 12] },
      { _id: 2, order: 11 },
    ]);
    // A cycle: customers refer to orders, too.
    await db.command({
      collMod: "customers",
      foreignKeys: [{ field: "last", references: { collection: "orders" }, onDelete: "cascade" }],
    });
    await customers.updateOne({ _id: 2 }, { $set: { last: 10 } });
    expect(await customers.deleteOne({ _id: 1 })).toBe(true);
    // 1 takes its orders 10 and 11 along, order 10 the customer 2, and that one order 12.
    expect(await customers.countDocuments()).toBe(0);
    expect((await orders.find().toArray()).map(({ _id }) => _id)).toEqual([13, 14]);
    expect(await db.collection("lines").find().toArray()).toEqual([
      { _id: 1, order: [] },
      { _id: 2, order: null },
    ]);
    const { firstBatch } = (
      await db.command({ find: "changes", filter: { kind: { $in: ["update", "delete"] } } }, "local")
    ).cursor as unknown as { firstBatch: Document[] };
    expect(firstBatch.map(({ kind, name, id }) => `${kind} ${name} ${id}`)).toEqual([
      "update customers 2",
      "delete customers 1",
      "delete orders 10",
      "delete orders 11",
      "update lines 1",
      "delete customers 2",
      "update lines 2",
      "delete orders 12",
      "update lines 1",
    ]);
    expect(await db.verify()).toEqual([]);
    await db.close();
  });

  it("refer to a unique field, whose changes cascade", async () => {
    const { db, customers } = await shop("cascade");
    const letters = db.collection("letters");
    const key = { field: "to", references: { collection: "customers", field: "mail" } };
    await expect(letters.constraints.foreignKey(key)).rejects.toThrow(
      "a field of customers with a unique index",
    );
    await customers.constraints.unique("mail");
    await letters.constraints.foreignKey({ ...key, onUpdate: "cascade", onDelete: "setNull" });
    await letters.insertMany([
      { _id: 1, to: "a@x" },
      { _id: 2, to: "e@x" },
    ]);
    await customers.updateOne({ _id: 1 }, { $set: { mail: "ada@x" } });
    expect(await letters.get(1)).toEqual({ _id: 1, to: "ada@x" });
    await expect(letters.insertOne({ to: "a@x" })).rejects.toMatchObject(FOREIGN_KEY);
    await customers.deleteOne({ _id: 2 });
    expect(await letters.get(2)).toEqual({ _id: 2, to: null });
    await db.close();
  });

  it("take documents of one call that refer to each other, and to themselves", async () => {
    const db = await Database.open("tree.db", { vfs: new MemoryVfs() });
    const nodes = await db.createCollection("nodes", {
      foreignKeys: [{ field: "parent", references: { collection: "nodes" }, onDelete: "cascade" }],
    });
    await nodes.insertMany([{ _id: 3, parent: 2 }, { _id: 2, parent: 1 }, { _id: 1, parent: 1 }, { _id: 4 }]);
    // Deeper than a stack.
    await nodes.insertMany(
      Array.from({ length: 3000 }, (_, i) => ({ _id: 100 + i, parent: 99 + i + (i ? 0 : -96) })),
    );
    await nodes.deleteOne({ _id: 1 });
    expect(await nodes.countDocuments()).toBe(1);
    expect(await db.verify()).toEqual([]);
    await db.close();
  });

  it("stay with their collections when those are renamed, dropped, backed up and dumped", async () => {
    const { db, orders } = await shop("cascade");
    await db.command({ renameCollection: "test.customers", to: "test.people" });
    await expect(orders.insertOne({ customer: 9 })).rejects.toMatchObject(FOREIGN_KEY);
    await db.command({ renameCollection: "test.orders", to: "test.sales" });
    await db.collection("people").deleteOne({ _id: 1 });
    expect(await db.collection("sales").countDocuments()).toBe(3);
    await expect(db.command({ renameCollection: "test.sales", to: "other.sales" })).rejects.toMatchObject({
      serverCode: 20,
    });
    const reply = (await db.command({ listCollections: 1 })) as { cursor: { firstBatch: Document[] } };
    expect(reply.cursor.firstBatch.map(({ name, options }) => ({ name, options }))).toEqual([
      { name: "people", options: {} },
      {
        name: "sales",
        options: {
          foreignKeys: [
            {
              name: "customer_key",
              field: "customer",
              references: { collection: "people", field: "_id" },
              onDelete: "cascade",
              onUpdate: "restrict",
            },
          ],
        },
      },
    ]);
    const { engine } = db.target("test");
    await db.backup("copy.db");
    const copy = await Database.open("copy.db", { vfs: engine.scratch.vfs });
    await expect(copy.collection("sales").insertOne({ customer: 9 })).rejects.toMatchObject(FOREIGN_KEY);
    expect(await copy.collection("people").deleteOne({ _id: 2 })).toBe(true);
    expect(await copy.collection("sales").countDocuments()).toBe(2);
    await copy.close();
    await dumpDatabase(db, engine.scratch.vfs, "dump", new AbortController().signal);
    const again = await Database.open("again.db", { vfs: engine.scratch.vfs });
    await restoreDump(again, engine.scratch.vfs, "dump", new AbortController().signal);
    expect(await again.collection("sales").constraints.list()).toMatchObject([{ name: "customer_key" }]);
    await expect(again.collection("sales").insertOne({ customer: 9 })).rejects.toMatchObject(FOREIGN_KEY);
    await again.close();
    await db.close();
  });

  it("are found broken by verify, and not taken where they are", async () => {
    const db = await Database.open("t.db", { vfs: new MemoryVfs() });
    const orders = db.collection("orders");
    await orders.insertOne({ _id: 1, customer: 5 });
    const spec = { field: "customer", references: { collection: "customers" } };
    await expect(orders.constraints.foreignKey(spec)).rejects.toMatchObject(FOREIGN_KEY);
    expect(await orders.constraints.list()).toEqual([]);
    expect(await db.hasCollection("customers")).toBe(false);
    await db.collection("customers").insertOne({ _id: 5 });
    await orders.constraints.foreignKey(spec);
    // Taken out below the checks, as damage would.
    const { deleteById } = await import("../src/collection-store.ts");
    const { findCollection } = await import("../src/catalog.ts");
    const { encodeKey } = await import("../src/extras.ts");
    await db.target("test").engine.write((pager) => {
      deleteById(pager, findCollection(pager, "customers")!, encodeKey(5));
    });
    expect(await db.verify()).toEqual([
      "orders: document 1 refers by customer to 5, which customers has not",
    ]);
    await db.close();
  });

  it("are refused by name when they are no foreign keys", async () => {
    const db = await Database.open("t.db", { vfs: new MemoryVfs() });
    const references = { collection: "a" };
    for (const [key, message] of [
      [{ references }, "foreign key field: got undefined"],
      [{ field: "_id", references }, "foreign key field"],
      [{ field: "a..b", references }, "foreign key field"],
      [{ field: "a" }, "foreign key a references"],
      [{ field: "a", references, onDelete: "explode" }, "one of restrict, cascade, setNull"],
      [{ field: "a", references, ondelete: "cascade" }, 'got "ondelete"'],
    ] as const)
      await expect(db.createCollection("c", { foreignKeys: [key as Document] })).rejects.toThrow(message);
    expect(await db.hasCollection("c")).toBe(false);
    await db.close();
  });
});

describe("checks", () => {
  it("hold for every document, old ones too, beside a validator", async () => {
    const { db, orders } = await shop();
    const { constraints } = orders;
    await expect(constraints.check("small", { _id: { $lt: 12 } })).rejects.toMatchObject({ serverCode: 121 });
    await constraints.check("small", { _id: { $lt: 100 } });
    await expect(orders.insertOne({ _id: 100 })).rejects.toThrow("the check small of orders");
    await orders.constraints.unique(["_id", "customer", "nr"], "once");
    await constraints.unique("mail", "mails").catch(() => {});
    await orders.deleteMany({ _id: { $gt: 10 } });
    await constraints.unique("mail", "mails");
    await orders.insertOne({ _id: 50, mail: "a@x" });
    await expect(orders.insertOne({ _id: 51, mail: "a@x" })).rejects.toMatchObject({
      code: "DOCDB_KEY_DUPLICATE",
    });
    expect(await constraints.list()).toEqual([
      { kind: "unique", name: "once", fields: ["_id", "customer", "nr"] },
      { kind: "unique", name: "mails", fields: ["mail"] },
      { kind: "check", name: "small", filter: { _id: { $lt: 100 } } },
      {
        kind: "foreignKey",
        name: "customer_key",
        field: "customer",
        references: { collection: "customers", field: "_id" },
        onDelete: "restrict",
        onUpdate: "restrict",
      },
    ]);
    for (const name of ["small", "once", "mails", "customer_key"]) await constraints.drop(name);
    expect(await constraints.list()).toEqual([]);
    await expect(constraints.drop("small")).rejects.toMatchObject({ serverCode: 27 });
    await orders.insertOne({ _id: 100, customer: 9 });
    await db.close();
  });
});

/** Compares what is left with a naive model, through random changes of three collections that refer in a circle. */
it("follows references as a naive model does", async () => {
  for (let seed = 0; seed < 12; seed++) {
    const random = seededRandom(seed);
    const pick = <T>(list: readonly T[]): T => list[random.nextInt(0, list.length - 1)]!;
    const db = await Database.open("m.db", { vfs: new MemoryVfs() });
    const names = ["a", "b", "c"];
    const parentOf: Readonly<Record<string, string>> = { a: "b", b: "c", c: pick(["a", "c"]) };
    const actionOf: Record<string, ReferenceAction> = {};
    let model = new Map(names.map((name) => [name, new Map<number, number | null>()]));
    for (const name of names) {
      actionOf[name] = pick(["restrict", "cascade", "setNull"] as const);
      await db.createCollection(name).catch(() => {});
      await db.collection(name).constraints.foreignKey({
        field: "to",
        references: { collection: parentOf[name]! },
        onDelete: actionOf[name]!,
      });
    }
    /** @returns undefined where it is refused */
    const without = (name: string, id: number): typeof model | undefined => {
      const next = new Map([...model].map(([each, rows]) => [each, new Map(rows)]));
      const gone: [string, number][] = [[name, id]];
      next.get(name)!.delete(id);
      for (const [from, key] of gone) {
        for (const child of names.filter((each) => parentOf[each] === from)) {
          for (const [row, to] of next.get(child)!) {
            if (to !== key) continue;
            if (actionOf[child] === "restrict") return undefined;
            if (actionOf[child] === "setNull") next.get(child)!.set(row, null);
            else {
              next.get(child)!.delete(row);
              gone.push([child, row]);
            }
          }
        }
      }
      return next;
    };
    for (let step = 0; step < 120; step++) {
      const name = pick(names);
      const c = db.collection(name);
      const rows = model.get(name)!;
      const id = random.nextInt(0, 9);
      const to = random.next() < 0.2 ? null : random.nextInt(0, 9);
      const isFine =
        to === null || model.get(parentOf[name]!)!.has(to) || (parentOf[name] === name && to === id);
      const how = `seed ${seed}, step ${step}`;
      const outcome = (work: Promise<unknown>): Promise<boolean> =>
        work.then(
          () => true,
          (error: { serverCode?: number }) => (error.serverCode === 787 ? false : Promise.reject(error)),
        );
      if (random.next() < 0.3) {
        if (!rows.has(id)) continue;
        const next = without(name, id);
        expect(await outcome(c.deleteOne({ _id: id })), how).toBe(next !== undefined);
        model = next ?? model;
      } else {
        const work = rows.has(id) ? c.updateOne({ _id: id }, { $set: { to } }) : c.insertOne({ _id: id, to });
        expect(await outcome(work), how).toBe(isFine);
        if (isFine) rows.set(id, to);
      }
      for (const each of names) {
        const found = (await db.collection(each).find().toArray()).map(({ _id, to: value }) => [_id, value]);
        expect(found, how).toEqual([...model.get(each)!].sort(([x], [y]) => x - y));
      }
    }
    expect(await db.verify()).toEqual([]);
    await db.close();
  }
});
