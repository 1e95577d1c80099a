import { type SeededRandom, seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { expect, test } from "vitest";
import { Database, type DatabaseDurability, type Document, type IndexOptions } from "../src/extras.ts";
import { isDiskFailure } from "./helpers.ts";

/** What one document was asked to be, oldest first; the acknowledged state and those after it may be found. */
interface History {
  readonly states: (Document | undefined)[];
  acknowledged: number;
}

/** What the disk must hold, by `_id`: the naive model that the database is compared with. */
type Model = Map<number, History>;

const FIELDS = ["even", "size"] as const;
const INDEXES: readonly [key: Document, options?: IndexOptions][] = [
  [{ even: 1 }],
  [{ size: 1 }],
  [{ size: -1, stamp: 1 }],
  [{ pad: "text" }],
  [{ "$**": 1 }],
  [{ even: "hashed" }],
  [{ even: 1, place: "2dsphere" }],
  [{ vector: "vector" }, { dimensions: 3, m: 2, efConstruction: 8 }],
];

function newDocument(random: SeededRandom, id: number): Document {
  const length = [5, 50, 700, 3000, 20_000][random.nextInt(0, 4)]!;
  return {
    _id: id,
    even: id % 2,
    size: length,
    stamp: random.nextU32(),
    place: [random.nextInt(-180, 180), random.nextInt(-90, 90)],
    vector: [random.next(), random.next(), random.next()],
    pad: "p".repeat(random.nextInt(0, length)),
  };
}

/** Every document as some run left it, found by every index with the same content, and the counts right. */
async function checkRecovered(db: Database, model: Model, isKept: boolean): Promise<void> {
  const c = db.collection("c");
  const found = new Map<number, Document>();
  for await (const document of c.find()) found.set(document._id as number, document);
  if ((await c.countDocuments()) !== found.size) expect.fail("the count is not that of the documents");
  for (const id of found.keys()) if (!model.has(id)) expect.fail(`document ${id} was never written`);
  for (const [id, history] of model) {
    const text = JSON.stringify(found.get(id));
    const index = history.states.findLastIndex((state) => JSON.stringify(state) === text);
    if (index < (isKept ? history.acknowledged : 0)) {
      expect.fail(`document ${id} is in state ${index} of ${history.acknowledged}: ${text?.slice(0, 200)}`);
    }
    history.acknowledged = index;
  }
  const problems = await db.verify();
  if (problems.length > 0) expect.fail(problems.join("\n"));
  const indexes = (await db.stats()).collections[0]?.indexes ?? [];
  for (const field of FIELDS.filter((name) => indexes.includes(`${name}_1`))) {
    const values = new Set([...found.values()].map((document) => document[field]!));
    let count = 0;
    for (const value of values) {
      for await (const document of c.find({ [field]: value })) {
        count++;
        if (JSON.stringify(found.get(document._id as number)) !== JSON.stringify(document))
          expect.fail(`index ${field} leads astray`);
      }
    }
    if (count !== found.size) expect.fail(`index ${field} leads to ${count} of ${found.size} documents`);
  }
}

/** Puts documents in by a transaction over several calls, one of which is taken back. */
async function insertTogether(db: Database, documents: readonly Document[]): Promise<void> {
  // Other writes are under way, and one of them may have been faster: then it begins again.
  for (;;) {
    const transaction = db.transaction();
    const c = db.collection("c", transaction);
    try {
      await c.insertMany(documents.slice(0, 1));
      await transaction.savepoint("before");
      await c.deleteMany({});
      await transaction.rollbackTo("before");
      await c.insertMany(documents.slice(1));
      await transaction.commit();
      return;
    } catch (error) {
      await transaction.abort();
      if ((error as { serverCode?: number }).serverCode !== 112) throw error;
    }
  }
}

/** Random changes, several under way at the same time, until the work is done or something fails. */
async function work(db: Database, model: Model, random: SeededRandom): Promise<void> {
  const c = db.collection("c");
  const running: Promise<unknown>[] = [];
  const intend = (id: number, state: Document | undefined): void => {
    const history = model.get(id) ?? { states: [undefined], acknowledged: 0 };
    history.states.push(state);
    model.set(id, history);
  };
  /** Only one change of a document is under way at a time, so what is acknowledged is its last state. */
  const busy = new Set<number>();
  const settle =
    (ids: readonly number[]) =>
    (result: unknown): void => {
      // A document that an earlier failure kept from being there was not replaced either.
      if (result === "nothing replaced") return;
      for (const id of ids) {
        const history = model.get(id)!;
        history.acknowledged = history.states.length - 1;
        busy.delete(id);
      }
    };
  for (let step = random.nextInt(1, 30); step > 0; step--) {
    const id = random.nextInt(0, 60);
    const action = random.nextInt(0, 11);
    const exists = model.get(id)?.states.at(-1) !== undefined;
    if (busy.has(id)) {
      await Promise.allSettled(running);
      continue;
    }
    if (action <= 5 && !exists) {
      const document = newDocument(random, id);
      intend(id, document);
      busy.add(id);
      running.push(c.insertOne(document).then(settle([id])));
    } else if (action <= 7 && exists) {
      const document = newDocument(random, id);
      intend(id, document);
      busy.add(id);
      const { _id, ...fields } = document;
      const change =
        action === 6
          ? c.replaceOne(document)
          : c.updateOne({ _id: id }, { $set: fields }).then(({ matchedCount }) => matchedCount === 1);
      running.push(change.then((isDone) => settle([id])(isDone || "nothing replaced")));
    } else if (action <= 8 && exists) {
      intend(id, undefined);
      busy.add(id);
      running.push(c.deleteOne({ _id: id }).then(settle([id])));
    } else if (action === 9) {
      const fresh = Array.from({ length: random.nextInt(2, 40) }, (_, i) =>
        newDocument(random, 1000 + random.nextInt(0, 500) * 50 + i),
      );
      const isNew = fresh.every(({ _id }) => !model.has(_id as number) && !busy.has(_id as number));
      if (!isNew) continue;
      for (const document of fresh) intend(document._id as number, document);
      const ids = fresh.map(({ _id }) => _id as number);
      for (const key of ids) busy.add(key);
      running.push((random.next() < 0.5 ? c.insertMany(fresh) : insertTogether(db, fresh)).then(settle(ids)));
    } else if (action === 10) {
      running.push(c.createIndex(...INDEXES[random.nextInt(0, INDEXES.length - 1)]!));
    } else if (random.next() < 0.3) {
      running.push(db.checkpoint());
    } else {
      await Promise.allSettled(running);
    }
  }
  for (const result of await Promise.allSettled(running)) {
    if (result.status === "rejected" && !isDiskFailure(result.reason)) throw result.reason;
  }
}

/** One life of a disk: several crashes, each at a random call, with planned failures in between. */
async function live(
  seed: number,
  durability: DatabaseDurability,
  crashes: number,
): Promise<{ halts: number; documents: number }> {
  const random = seededRandom(seed);
  const model: Model = new Map();
  let vfs = new FaultyVfs(seed);
  let halts = 0;
  const options = { durability, cacheBytes: 512 * 1024, checkpointBytes: 64 * 1024 };
  for (let crash = 0; crash < crashes; crash++) {
    const how = `seed ${seed}, durability ${durability}, crash ${crash}`;
    // The log's first write takes some 260 calls, as it writes zeros ahead; most crashes are to come after it.
    vfs.haltAfter(random.next() < 0.2 ? random.nextInt(0, 260) : random.nextInt(260, 700));
    if (random.next() < 0.3) {
      const call = (["write", "sync", "syncDirectory", "rename", "truncate", "open"] as const)[
        random.nextInt(0, 5)
      ]!;
      vfs.failNth({
        call,
        n: random.nextInt(1, call === "write" ? 500 : 30),
        error: random.next() < 0.5 ? "ENOSPC" : "EIO",
      });
    }
    let isSameMachine = false;
    for (let run = random.nextInt(1, 3); run > 0; run--) {
      const db = await Database.open("t.db", { ...options, vfs }).catch((error: unknown) => {
        if (!isDiskFailure(error)) throw new Error(how, { cause: error });
      });
      if (db === undefined) continue;
      // Until the power goes, what was handed to the system is there too.
      const isKept = durability === "durable" || (durability === "relaxed" && isSameMachine);
      await checkRecovered(db, model, isKept).catch((error: unknown) => {
        if (!isDiskFailure(error)) throw new Error(how, { cause: error });
      });
      isSameMachine = true;
      await work(db, model, random).catch((error: unknown) => {
        throw new Error(how, { cause: error });
      });
      await db.close().catch((error: unknown) => {
        if (!isDiskFailure(error)) throw new Error(how, { cause: error });
      });
    }
    halts += vfs.isHalted ? 1 : 0;
    vfs = vfs.crash(random);
  }
  const how = `seed ${seed}, durability ${durability}, last`;
  const db = await Database.open("t.db", { ...options, vfs }).catch((error: unknown) => {
    throw new Error(how, { cause: error });
  });
  await checkRecovered(db, model, durability === "durable").catch((error: unknown) => {
    throw new Error(how, { cause: error });
  });
  const documents = await db.collection("c").countDocuments();
  await db.collection("c").insertOne({ _id: -1 });
  await db.close();
  return { halts, documents };
}

test.each([
  ["durable", 30, 0],
  ["relaxed", 12, 10_000],
  ["memory", 12, 20_000],
] as const)(
  "durability %s: after a crash at any point the documents are whole, and the acknowledged ones are there",
  async (durability, lives, start) => {
    let halts = 0;
    let documents = 0;
    for (let seed = start; seed < start + lives; seed++) {
      const life = await live(seed, durability, 5);
      halts += life.halts;
      documents += life.documents;
    }
    // The power went in the middle of the work, not after it, and there was work.
    expect(halts).toBeGreaterThan(lives * 2);
    expect(documents).toBeGreaterThan(lives * 10);
  },
);

test.each(["relaxed", "memory"] as const)(
  "durability %s: a power cut leaves a beginning of the commits, never a hole",
  async (durability) => {
    let cut = 0;
    for (let seed = 0; seed < 30; seed++) {
      const random = seededRandom(seed);
      const vfs = new FaultyVfs(seed);
      vfs.haltAfter(random.nextInt(300, 890));
      const options = { durability, cacheBytes: 512 * 1024, checkpointBytes: 64 * 1024 };
      const asked = 400;
      try {
        const db = await Database.open("t.db", { ...options, vfs });
        await db.collection("c").createIndex("value");
        for (let i = 0; i < asked; i++)
          await db.collection("c").insertOne({ _id: i, value: -i, pad: "p".repeat(i * 7) });
      } catch (error) {
        if (!isDiskFailure(error)) throw error;
      }
      await using db = await Database.open("t.db", { ...options, vfs: vfs.crash(random) });
      const ids: unknown[] = [];
      for await (const { _id } of db.collection("c").find()) ids.push(_id);
      expect(ids, `seed ${seed}`).toEqual(Array.from({ length: ids.length }, (_, i) => i));
      cut += ids.length > 0 && ids.length < asked ? 1 : 0;
    }
    expect(cut).toBeGreaterThan(15);
  },
);
