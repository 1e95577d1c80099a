import { MemoryVfs } from "@millrace/files";
import { expect, expectTypeOf, it } from "vitest";
import { count, Database, from, type Query } from "../src/extras.ts";

interface Person {
  readonly _id: number;
  readonly city: number;
  readonly deletedAt?: Date;
}

async function withPeople(): Promise<Database> {
  const db = await Database.open("soft.db", { vfs: new MemoryVfs() });
  await db.collection("people").insertMany(Array.from({ length: 9 }, (_, _id) => ({ _id, city: _id % 3 })));
  await db.collection("cities").insertMany([0, 1, 2].map((_id) => ({ _id })));
  return db;
}

const ids = async (query: Query<Person>): Promise<number[]> =>
  (await query.orderBy("_id").toArray()).map(({ _id }) => _id);

it("leaves marked documents out, gives them when asked, and takes the mark off again", async () => {
  await using db = await withPeople();
  const people = from<Person>(db, "people", { softDelete: true });
  const monday = new Date("2026-01-05");
  expect(await people.remove({ city: 0 }, monday)).toBe(3);
  expect(await people.remove({ _id: { $lt: 2 } })).toBe(1);
  expect(await ids(people)).toEqual([2, 4, 5, 7, 8]);
  expect(await ids(people.where("city", "=", 1))).toEqual([4, 7]);
  expect(await people.withDeleted().count()).toBe(9);
  expect(await ids(people.onlyDeleted())).toEqual([0, 1, 3, 6]);
  expect((await people.onlyDeleted().orderBy("_id").first())?.deletedAt).toEqual(monday);
  expect(await people.restore({ _id: { $in: [3, 8] } })).toBe(1);
  expect(await ids(people)).toEqual([2, 3, 4, 5, 7, 8]);
  expect(await db.collection("people").get(3)).toEqual({ _id: 3, city: 0 });
  expect(await people.groupBy(["city"], { people: count() }).orderBy("city").toArray()).toEqual([
    { city: 0, people: 1 },
    { city: 1, people: 2 },
    { city: 2, people: 3 },
  ]);
  expectTypeOf(people.withDeleted()).toEqualTypeOf<Query<Person>>();
});

it("leaves them out of joins of every kind, unions, differences and subqueries", async () => {
  await using db = await withPeople();
  const people = from<Person>(db, "people", { softDelete: "goneAt" });
  await people.remove({ city: { $ne: 2 } });
  const cities = from<{ readonly _id: number }>(db, "cities");
  const on = { local: "_id", foreign: "city", as: "person" };
  expect(await cities.join(people, on).count()).toBe(3);
  expect(await cities.join(people, { ...on, kind: "left" }).count()).toBe(5);
  expect(await people.join(cities, { local: "city", foreign: "_id", as: "c", kind: "right" }).count()).toBe(
    5,
  );
  expect(await people.join(cities, { local: "city", foreign: "_id", as: "c", kind: "full" }).count()).toBe(5);
  expect(await cities.where("_id", "in", people.select("city")).count()).toBe(1);
  expect(await cities.whereExists(people, { local: "_id", foreign: "city" }).count()).toBe(1);
  expect(await people.withDeleted().except(people).count()).toBe(6);
  expect(await people.union(people.onlyDeleted()).count()).toBe(9);
});

it("takes out for good what was deleted before a moment; the driver's face knows of nothing", async () => {
  await using db = await withPeople();
  const people = from<Person>(db, "people", { softDelete: true });
  await people.remove({ _id: 0 }, new Date(1000));
  await people.remove({ _id: 1 }, new Date(2000));
  expect(await db.collection("people").countDocuments()).toBe(9);
  expect(await people.purge(new Date(2000))).toBe(1);
  expect(await ids(people.onlyDeleted())).toEqual([1]);
  expect(await people.purge()).toBe(1);
  expect(await db.collection("people").countDocuments()).toBe(7);
  expect(() => from(db, "people", { softDelete: "a.b" })).toThrow('got "a.b", expected a top-level field');
});
