import { DatabaseSync } from "node:sqlite";
import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import {
  average,
  collect,
  count,
  Database,
  denseRank,
  from,
  largest,
  type Query,
  rank,
  rowNumber,
  shifted,
  smallest,
  sum,
} from "../src/extras.ts";

interface Person {
  readonly _id: number;
  readonly name: string;
  readonly city: number | null;
  readonly born: number;
}
interface City {
  readonly _id: number;
  readonly title: string;
  readonly country: string;
}

let db: Database;
const sqlite = new DatabaseSync(":memory:");

beforeAll(async () => {
  db = await Database.open("fluent.db", { vfs: new MemoryVfs(), durability: "memory" });
  const random = seededRandom(5);
  sqlite.exec("create table people (_id integer, name text, city integer, born integer)");
  sqlite.exec("create table cities (_id integer, title text, country text)");
  const addPerson = sqlite.prepare("insert into people values (?, ?, ?, ?)");
  const addCity = sqlite.prepare("insert into cities values (?, ?, ?)");
  for (let i = 0; i < 12; i++) {
    const city: City = { _id: i, title: `city_${i}`, country: `c${i % 3}` };
    await db.collection("cities").insertOne({ ...city });
    addCity.run(city._id, city.title, city.country);
  }
  for (let i = 0; i < 120; i++) {
    const city = i % 11 === 0 ? null : random.nextInt(4, 15);
    const person: Person = {
      _id: i,
      name: `n${random.nextInt(0, 40)}%`,
      city,
      born: random.nextInt(1900, 1950),
    };
    await db.collection("people").insertOne({ ...person });
    addPerson.run(person._id, person.name, person.city, person.born);
  }
});

afterAll(async () => {
  sqlite.close();
  await db.close();
});

const people = (): Query<Person> => from<Person>(db, "people");
const cities = (): Query<City> => from<City>(db, "cities");

/** Rows as texts of their values, in no order. */
function rows(found: readonly object[]): string[] {
  return found.map((row) => JSON.stringify(Object.values(row).map((value) => value ?? null))).sort();
}

/** What SQLite says. */
function sql(text: string): string[] {
  return rows(sqlite.prepare(text).all());
}

const on = { local: "city", foreign: "_id", as: "place" } as const;
/** People and cities side by side, as SQL shows them. */
const flat = { id: "$_id", title: { $ifNull: ["$place.title", null] } };
const shape = (
  query: Query<Person & { readonly place: City }>,
): Query<{ id: number | null; title: string | null }> =>
  query
    .compute("id", { $ifNull: ["$_id", null] })
    .compute("title", flat.title)
    .select("id", "title") as never;

const same: readonly (readonly [string, () => Query<never>, string])[] = [
  ["=", () => people().where("born", "=", 1920), "select * from people where born = 1920"],
  [
    "between",
    () => people().where("born", "between", [1910, 1920]),
    "select * from people where born between 1910 and 1920",
  ],
  ["!=", () => people().where("born", "!=", 1920), "select * from people where born <> 1920"],
  ["<", () => people().where("born", "<", 1910), "select * from people where born < 1910"],
  ["<=", () => people().where("born", "<=", 1910), "select * from people where born <= 1910"],
  [">", () => people().where("born", ">", 1940), "select * from people where born > 1940"],
  [">=", () => people().where("born", ">=", 1940), "select * from people where born >= 1940"],
  ["nothing", () => people().where("city", "=", null), "select * from people where city is null"],
  ["something", () => people().where("city", "!=", null), "select * from people where city is not null"],
  [
    "not in",
    () => people().where("born", "not in", [1901, 1902]),
    "select * from people where born not in (1901, 1902)",
  ],
  [
    "contains",
    () => people().where("name", "contains", "2%"),
    "select * from people where instr(name, '2%') > 0",
  ],
  [
    "matches",
    () => people().where("name", "matches", "^n[12]"),
    "select * from people where name glob 'n[12]*'",
  ],
  [
    "a computed field",
    () =>
      people()
        .compute("next", { $add: ["$born", 1] })
        .select("_id", "next"),
    "select _id, born + 1 from people",
  ],
  ["in", () => people().where("city", "in", [4, 5]), "select * from people where city in (4, 5)"],
  ["like", () => people().where("name", "like", "n_%"), "select * from people where name like 'n_%'"],
  [
    "a text that looks like a pattern",
    () => people().where("name", "like", "n1\\%"),
    "select * from people where name = 'none'",
  ],
  [
    "starts with",
    () => people().where("name", "starts with", "n3"),
    "select * from people where name like 'n3%'",
  ],
  [
    "order, offset and limit",
    () => people().orderBy("born").orderBy("_id", "descending").offset(3).limit(9),
    "select * from people order by born, _id desc limit 9 offset 3",
  ],
  ["distinct", () => people().select("city").distinct(), "select distinct city from people"],
  [
    "an inner join",
    () => shape(people().join(cities(), on)),
    "select p._id, title from people p join cities c on p.city = c._id",
  ],
  [
    "a left join",
    () => shape(people().join(cities(), { ...on, kind: "left" })),
    "select p._id, title from people p left join cities c on p.city = c._id",
  ],
  [
    "a right join",
    () => shape(people().join(cities(), { ...on, kind: "right" })),
    "select p._id, title from people p right join cities c on p.city = c._id",
  ],
  [
    "a full join",
    () => shape(people().join(cities(), { ...on, kind: "full" })),
    "select p._id, title from people p full join cities c on p.city = c._id",
  ],
  [
    "a full join of parts",
    () =>
      shape(
        people()
          .where("born", "<", 1910)
          .join(cities().where("country", "=", "c1"), { ...on, kind: "full" }),
      ),
    "select p._id, title from (select * from people where born < 1910) p full join (select * from cities where country = 'c1') c on p.city = c._id",
  ],
  [
    "a join with groups",
    () =>
      cities()
        .join(people().groupBy(["city"], { n: count() }), { local: "_id", foreign: "city", as: "place" })
        .compute("n", "$place.n")
        .select("_id", "n" as never),
    "select c._id, n from cities c join (select city, count(*) as n from people group by city) g on g.city = c._id",
  ],
  [
    "groups and having",
    () =>
      people()
        .groupBy(["city"], {
          n: count(),
          first: smallest<number>("born"),
          last: largest<number>("born"),
          all: sum("born"),
        })
        .having("n", ">", 8),
    "select city, count(*) as n, min(born), max(born), sum(born) from people group by city having n > 8",
  ],
  [
    "a union",
    () =>
      people()
        .select("city")
        .union(cities().compute("city", "$_id").select("city") as never),
    "select city from people union select _id from cities",
  ],
  [
    "a union of all",
    () =>
      people()
        .select("city")
        .unionAll(cities().compute("city", "$_id").select("city") as never),
    "select city from people union all select _id from cities",
  ],
  [
    "an intersection",
    () =>
      people()
        .select("city")
        .intersect(cities().compute("city", "$_id").select("city") as never),
    "select city from people intersect select _id from cities",
  ],
  [
    "a difference",
    () =>
      people()
        .select("city")
        .except(cities().compute("city", "$_id").select("city") as never),
    "select city from people except select _id from cities",
  ],
  [
    "a subquery of values",
    () => people().where("city", "in", cities().where("country", "=", "c2").select("_id")),
    "select * from people where city in (select _id from cities where country = 'c2')",
  ],
  [
    "a subquery of one value, inside of a union",
    () => {
      const latest = people().orderBy("born", "descending").limit(1).select("born");
      return people()
        .where("born", "=", 1901)
        .unionAll(people().where("born", "=", latest));
    },
    "select * from people where born = 1901 union all select * from people where born = (select max(born) from people)",
  ],
  [
    "partners that exist",
    () => cities().whereExists(people(), { local: "_id", foreign: "city" }),
    "select * from cities c where exists (select 1 from people where city = c._id)",
  ],
  [
    "partners that do not exist",
    () => cities().whereExists(people(), { local: "_id", foreign: "city" }, false),
    "select * from cities c where not exists (select 1 from people where city = c._id)",
  ],
  [
    "windows",
    () =>
      people()
        .window("r", rank(), { partitionBy: "city", orderBy: { born: "ascending" } })
        .window("d", denseRank(), { partitionBy: "city", orderBy: { born: "ascending" } })
        .window("n", rowNumber(), { orderBy: { _id: "descending" } })
        .window("s", sum("born"), { partitionBy: "city", orderBy: { _id: "ascending" }, rows: [-1, 0] })
        .window("b", shifted<number>("born", -1), { orderBy: { _id: "ascending" } })
        .select("_id", "r", "d", "n", "s", "b"),
    `select _id, rank() over (partition by city order by born) r, dense_rank() over (partition by city order by born) d,
      row_number() over (order by _id desc) n, sum(born) over (partition by city order by _id rows 1 preceding) s,
      lag(born) over (order by _id) b from people`,
  ],
] as never;

describe("the fluent builder gives what SQLite gives:", () => {
  it.each(same)("%s", async (_name, query, text) => {
    const found = rows(await query().toArray());
    expect(found).toEqual(sql(text));
    expect(await query().count()).toBe(found.length);
  });
});

describe("the fluent builder", () => {
  it("orders by one field after the other", async () => {
    const found = await people().orderBy("born").orderBy("_id", "descending").toArray();
    expect(rows([found.map(({ _id }) => _id)])).toEqual(
      rows([
        sqlite
          .prepare("select _id from people order by born, _id desc")
          .all()
          .map(({ _id }) => _id),
      ]),
    );
  });

  it("finds by whether a field is there: null is, nothing is not", async () => {
    interface Odd {
      readonly _id: number;
      readonly nick?: string | null | readonly string[];
      readonly at?: { readonly home?: number };
    }
    const odd: readonly Odd[] = [
      { _id: 0 },
      { _id: 1, nick: "a" },
      { _id: 2, nick: null },
      { _id: 3, nick: [] },
      { _id: 4, at: {} },
      { _id: 5, nick: "b", at: { home: 0 } },
    ];
    await db.collection("odd").insertMany(odd.map((document) => ({ ...document })) as never);
    const ids = (found: readonly Odd[]) => found.map(({ _id }) => _id).sort();
    // By a scan, and by an index.
    for (const isIndexed of [false, true]) {
      if (isIndexed) await db.collection("odd").createIndex("nick", { sparse: true });
      for (const isThere of [true, false]) {
        const named = await from<Odd>(db, "odd").where("nick", "exists", isThere).toArray();
        expect(ids(named)).toEqual(ids(odd.filter((one) => "nick" in one === isThere)));
        const settled = await from<Odd>(db, "odd").where("at", "exists", isThere).toArray();
        expect(ids(settled)).toEqual(ids(odd.filter((one) => "at" in one === isThere)));
      }
    }
    const both = from<Odd>(db, "odd").where("nick", "exists", true).where("at", "exists", false);
    expect(ids(await both.toArray())).toEqual([1, 2, 3]);
  });

  it("gives page after page, without gaps where many are alike, in either direction", async () => {
    for (const direction of ["ascending", "descending"] as const) {
      const query = people().orderBy("city", direction).orderBy("_id");
      const all = await query.toArray();
      const paged: Person[] = [];
      let next: string | undefined;
      do {
        const page = await query.page(7, next);
        paged.push(...page.documents);
        next = page.next;
      } while (next !== undefined);
      expect(paged).toEqual(all);
    }
    await expect(people().page(3)).rejects.toThrow("orderBy right before it");
    await expect(people().orderBy("_id").page(3, "{")).rejects.toThrow("what page gave as next");
  });

  it("computes one value of all documents", async () => {
    const [expected] = sqlite.prepare("select avg(born) a, count(*) c from people where city = 7").all();
    const some = people().where("city", "=", 7);
    expect(await some.aggregate(average("born"))).toBe(expected!.a);
    expect(await some.aggregate(count())).toBe(expected!.c);
    expect(await people().where("born", ">", 3000).aggregate(count())).toBeUndefined();
    expect(await some.orderBy("_id").first()).toEqual((await some.orderBy("_id").toArray())[0]);
    const [group] = await some.groupBy([], { names: collect<string>("name") }).toArray();
    expect(group?.names).toHaveLength(Number(expected!.c));
  });

  it("shows the stages that it runs", async () => {
    const query = people().where("born", ">", 1920).where({ city: 3 }).orderBy("born").limit(2);
    expect(await query.toPipeline()).toEqual([
      { $match: { born: { $gt: 1920 } } },
      { $match: { city: 3 } },
      { $sort: { born: 1 } },
      { $limit: 2 },
    ]);
  });

  it("knows the fields of its documents", async () => {
    const query = people().groupBy(["city"], { n: count() });
    expectTypeOf(await query.first()).toEqualTypeOf<
      (Pick<Person, "city"> & { readonly n: number }) | undefined
    >();
    // @ts-expect-error: a field that there is not
    people().where("birth", "=", 3);
    // @ts-expect-error: a comparison that there is not
    expect(() => people().where("born", "~", 3)).toThrow("born ~");
    expect(() => people().where("born", "between", 3)).toThrow("[lowest, highest]");
    expect(() => people().where("born", "like", 3)).toThrow("a text");
    expect(() =>
      people()
        .limit(1)
        .join(cities(), { ...on, kind: "right" }),
    ).toThrow("before orderBy, limit");
    const two = people().where("born", "=", cities().select("_id"));
    await expect(two.toArray()).rejects.toThrow("values of a subquery: got 12");
    await expect(people().where("born", "in", cities()).toArray()).rejects.toThrow("one: use select");
  });
});
