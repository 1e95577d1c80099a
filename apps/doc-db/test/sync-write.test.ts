import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Database, type DatabaseOptions, type Document } from "../src/extras.ts";

const open = (options: DatabaseOptions = {}): Promise<Database> =>
  Database.open("sync.db", { vfs: new MemoryVfs(), ...options });

describe("changes without waiting", () => {
  it.each([
    {},
    { durability: "memory" },
    { durability: "relaxed", compression: "zstd" },
    { key: new Uint8Array(32).fill(7), compression: "deflate" },
  ] satisfies DatabaseOptions[])(
    "do what those that wait do, over checkpoints and segments: %o",
    async (given) => {
      const options: DatabaseOptions = { vfs: new MemoryVfs(), checkpointBytes: 256 * 1024, ...given };
      const model = new Map<number, Document>();
      const random = seededRandom(3);
      {
        await using db = await open(options);
        const people = db.collection("people");
        await people.createIndex("n");
        await people.createIndex({ name: 1 }, { unique: true });
        for (let step = 0; step < 1500; step++) {
          const _id = random.nextInt(0, 300);
          const document = {
            _id,
            n: random.nextInt(0, 9),
            name: `name ${_id}`,
            text: "t".repeat(random.nextInt(0, 900)),
          };
          switch (random.nextInt(0, 6)) {
            case 0:
              expect(people.replaceOneSync(document)).toBe(model.has(_id));
              if (model.has(_id)) model.set(_id, document);
              break;
            case 1:
              expect(people.deleteOneSync({ _id })).toBe(model.delete(_id));
              break;
            case 2: {
              const n = random.nextInt(0, 9);
              const matching = [...model.values()].filter((each) => each.n === n);
              const most = step % 3 === 0 ? matching.length : Math.min(1, matching.length);
              const counted =
                step % 3 === 0
                  ? people.updateManySync({ n }, { $inc: { m: 1 } })
                  : people.updateOneSync({ n }, { $inc: { m: 1 } });
              expect(counted.matchedCount).toBe(most);
              for (const each of people.find({ n }).toArraySync()) model.set(each._id as number, each);
              break;
            }
            case 3:
              people.updateOneSync({ _id }, { $set: { n: 3, name: `name ${_id}` } }, { upsert: true });
              model.set(_id, { ...(model.get(_id) ?? { _id }), n: 3, name: `name ${_id}` });
              break;
            default:
              if (model.has(_id)) expect(() => people.insertOneSync(document)).toThrow(/must be unique/);
              else {
                expect(people.insertOneSync(document)).toBe(_id);
                model.set(_id, document);
              }
          }
          expect(people.getSync(_id)).toEqual(model.get(_id));
        }
        expect(await db.verify()).toEqual([]);
      }
      await using db = await open(options);
      const found = await db.collection("people").find().toArray();
      expect(new Map(found.map((each) => [each._id as number, each]))).toEqual(model);
      expect(db.collection("people").deleteManySync({})).toBe(model.size);
    },
  );

  it("are on the disk when they return: every one of them is there after a power cut", async () => {
    for (let seed = 0; seed < 150; seed++) {
      const random = seededRandom(seed);
      const vfs = new FaultyVfs(seed);
      const options = { vfs, checkpointBytes: 64 * 1024 };
      const db = await Database.open("sync.db", options);
      const people = db.collection("people");
      await people.createIndex("n");
      vfs.haltAfter(random.nextInt(0, 250));
      let acknowledged = 0;
      try {
        for (; acknowledged < 150; acknowledged++)
          people.insertOneSync({
            _id: acknowledged,
            n: acknowledged % 7,
            text: "x".repeat(random.nextInt(0, 3000)),
          });
      } catch {
        // The power is gone.
      }
      const after = vfs.crash(random);
      await using again = await Database.open("sync.db", { vfs: after });
      const count = await again.collection("people").countDocuments();
      expect([acknowledged, acknowledged + 1], `seed ${seed}`).toContain(count);
      for (let _id = 0; _id < count; _id++)
        expect(again.collection("people").getSync(_id)).toMatchObject({ _id });
      expect(await again.verify()).toEqual([]);
      await db.close().catch(() => {});
    }
  });

  it("take those that wait along, and refuse while a transaction or an import goes on", async () => {
    await using db = await open();
    const people = db.collection("people");
    // The first change of all has the file marked as open, which takes turns of the event loop.
    await people.insertOne({ _id: 0 });
    const first = people.insertOne({ _id: 1 });
    people.insertOneSync({ _id: 2 });
    expect(await first).toBe(1);
    const transaction = db.transaction();
    await db.collection("people", transaction).insertOne({ _id: 3 });
    expect(() => people.insertOneSync({ _id: 4 })).toThrow(
      expect.objectContaining({ code: "DOCDB_DATABASE_BUSY" }),
    );
    expect(() => db.collection("people", transaction).insertOneSync({ _id: 4 })).toThrow(/calls that wait/);
    await transaction.commit();
    people.insertOneSync({ _id: 4 });
    expect(() => people.look(1, () => people.insertOneSync({ _id: 5 }))).toThrow(
      expect.objectContaining({ code: "DOCDB_DATABASE_BUSY" }),
    );
    expect(() => people.deleteManySync({ $text: { $search: "a" } })).toThrow(
      /SYNC_UNSUPPORTED|without \$text/,
    );
    expect(await people.countDocuments()).toBe(5);
    expect(await db.verify()).toEqual([]);
  });
});

describe("transactSync", () => {
  it("makes all changes or none, one failed and caught among them too", async () => {
    await using db = await open();
    const [people, log] = [db.collection("people"), db.collection("log")];
    await people.createIndex({ name: 1 }, { unique: true });
    const before = (await db.stats()).commits;
    const result = db.transactSync(() => {
      people.insertManySync([
        { _id: 1, name: "a" },
        { _id: 2, name: "b" },
      ]);
      log.insertOneSync({ _id: people.find().toArraySync().length });
      return people.getSync(2)?.name;
    });
    expect(result).toBe("b");
    expect((await db.stats()).commits - before).toBe(1);
    expect(() =>
      db.transactSync(() => {
        people.updateOneSync({ _id: 1 }, { $set: { name: "c" } });
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(() =>
      db.transactSync(() => {
        people.insertOneSync({ _id: 3, name: "d" });
        try {
          people.insertOneSync({ _id: 4, name: "b" });
        } catch {
          // Its document may be in, and its keys not.
        }
      }),
    ).toThrow(/must be unique/);
    expect(people.find().toArraySync()).toEqual([
      { _id: 1, name: "a" },
      { _id: 2, name: "b" },
    ]);
    expect(log.find().toArraySync()).toEqual([{ _id: 2 }]);
    expect(await db.verify()).toEqual([]);
  });

  it("has what waits go behind it, and refuses a promise and a snapshot", async () => {
    await using db = await open();
    const people = db.collection("people");
    let later: Promise<unknown> | undefined;
    expect(() =>
      db.transactSync(() => {
        people.insertOneSync({ _id: 1 });
        later = people.insertOne({ _id: 2 });
        db.snapshot();
      }),
    ).toThrow(expect.objectContaining({ code: "DOCDB_DATABASE_BUSY" }));
    await later;
    expect(people.find().toArraySync()).toEqual([{ _id: 2 }]);
    expect(() => db.transactSync(async () => people.insertOneSync({ _id: 3 }))).toThrow(/does not wait/);
    expect(people.getSync(3)).toBeUndefined();
  });

  it("with `relaxed` are on the disk after the interval, in one long turn too", async () => {
    const vfs = new FaultyVfs(1);
    const db = await open({ vfs, durability: "relaxed", syncIntervalMs: 50 });
    const begunMs: number[] = [];
    while (performance.now() - (begunMs[0] ?? performance.now()) < 200) {
      begunMs.push(performance.now());
      db.collection("people").insertOneSync({ _id: begunMs.length });
    }
    // The last one found nothing that had waited for longer than that, or had it synced.
    const early = begunMs.filter((ms) => ms < begunMs.at(-1)! - 50).length - 1;
    expect(early).toBeGreaterThan(0);
    const after = vfs.crash(seededRandom(1), { survival: 0 });
    await db.close().catch(() => {});
    await using again = await open({ vfs: after });
    expect(await again.collection("people").countDocuments()).toBeGreaterThanOrEqual(early);
  });
});

it("refuses what is no document, and what the driver's calls would mean, and changes nothing", async () => {
  await using db = await Database.open("wrong.db", { vfs: new MemoryVfs() });
  const c = db.collection("c");
  c.insertOneSync({ _id: 1, a: 1 });
  const invalid = { code: "DOCDB_VALUE_TYPE" };
  for (const wrong of ["x", null, [1], 5]) {
    expect(() => c.insertOneSync(wrong as never)).toThrow(expect.objectContaining(invalid));
    await expect(c.insertOne(wrong as never)).rejects.toMatchObject(invalid);
    expect(() => c.insertManySync([{ _id: 2 }, wrong as never])).toThrow(expect.objectContaining(invalid));
  }
  expect(() => c.insertManySync({ _id: 2 } as never)).toThrow("an array of them");
  expect(() => c.insertOneSync({ _id: 2, at: new Date("no date") })).toThrow("a valid date");
  expect(() => c.updateOneSync({ _id: 1 }, { $set: { at: new Date(Number.NaN) } })).toThrow("a valid date");
  expect(() => c.replaceOneSync({ _id: 1 }, { a: 2 } as never)).toThrow("its _id says which");
  expect(c.find().toArraySync()).toEqual([{ _id: 1, a: 1 }]);
});
