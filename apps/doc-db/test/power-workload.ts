import { type SeededRandom, seededRandom } from "@millrace/base";
import type { OpenFlags } from "@millrace/files";
import type { FaultyVfs } from "@millrace/testkit";
import { Database, type DatabaseDurability, type Document, type IndexOptions } from "../src/extras.ts";
import { PAGE_SIZES } from "../src/storage/page-format.ts";
import { endAfterFailure } from "./helpers.ts";

/** Documents before the cut. */
const MAX_ID = 12;
const OPTIONS = { cacheBytes: 2 * 1024 * 1024, checkpointBytes: 64 * 1024, expiryIntervalMs: 0 };
const INDEXES: readonly [key: Document, options?: IndexOptions][] = [
  [{ n: 1 }],
  [{ n: -1, t: 1 }],
  [{ t: "text" }],
  [{ "$**": 1 }],
  [{ n: "hashed" }],
  [{ at: "2d" }],
  [{ v: "vector" }, { dimensions: 2, m: 2, efConstruction: 8 }],
];

/** What a database holds, in one text; nothing where it is not there yet. */
export async function look(disk: FaultyVfs, durability: DatabaseDurability, how: string): Promise<string> {
  try {
    const db = await Database.open("t.db", { ...OPTIONS, durability, vfs: withoutZeros(disk) });
    const state = textOf(db.collection("c").find().toArraySync());
    const problems = await db.verify();
    if (problems.length > 0) throw new Error(problems.join("; "));
    return state;
  } catch (error) {
    throw new Error(how, { cause: error });
  }
}

/** The states that a database goes through, and which of them was the last to be acknowledged. */
export interface Lived {
  readonly states: string[];
  readonly acknowledged: number;
}

/** Some changes one behind the other, and some at once, until all are done or the power goes. */
export async function work(disk: FaultyVfs, durability: DatabaseDurability, seed: number): Promise<Lived> {
  const random = seededRandom(seed);
  const model = new Map<number, Document>();
  const states = [textOf([])];
  let acknowledged = 0;
  let opened: Database | undefined;
  const intend = (): void => {
    states.push(textOf([...model.values()].sort((a, b) => Number(a._id) - Number(b._id))));
  };
  try {
    const pageBytes = PAGE_SIZES[seed % PAGE_SIZES.length];
    const db = await Database.open("t.db", { ...OPTIONS, pageBytes, durability, vfs: withoutZeros(disk) });
    opened = db;
    const c = db.collection("c");
    const first = random.nextInt(0, INDEXES.length - 1);
    for (let step = 0; step < 9; step++) {
      const changes: Promise<unknown>[] = [];
      switch (step === 0 ? 8 : random.nextInt(0, 9)) {
        case 6:
          await db.checkpoint();
          break;
        case 7:
        case 8:
          changes.push(c.createIndex(...INDEXES[(first + step) % INDEXES.length]!));
          break;
        case 9: {
          const transaction = db.transaction();
          const within = db.collection("c", transaction);
          for (let i = random.nextInt(1, 4); i > 0; i--) await change(within, model, random);
          intend();
          changes.push(transaction.commit());
          break;
        }
        case 0:
        case 1:
          changes.push(change(c, model, random));
          intend();
          break;
        default:
          // These begin to write in the order in which they are called; one that has to find its document first may not.
          for (let i = random.nextInt(1, 3); i > 0; i--) {
            changes.push(change(c, model, random, false));
            intend();
          }
      }
      const failed = (await Promise.allSettled(changes)).find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
      acknowledged = states.length - 1;
    }
    await db.close();
  } catch (error) {
    await endAfterFailure(opened, error, `durability ${durability}, seed ${seed}`);
  }
  return { states, acknowledged };
}

/** One random change, of the model at once. */
function change(
  c: ReturnType<Database["collection"]>,
  model: Map<number, Document>,
  random: SeededRandom,
  mayDelete = true,
): Promise<unknown> {
  const _id = random.nextInt(0, MAX_ID);
  const document: Document = {
    _id,
    n: random.nextInt(0, 5),
    t: ["ada", "byron", "ada byron"][random.nextInt(0, 2)]!,
    at: [random.nextInt(-9, 9), random.nextInt(-9, 9)],
    v: [random.nextInt(1, 5), random.nextInt(1, 5)],
    pad: "p".repeat([0, 30, 600, 3000][random.nextInt(0, 3)]!),
  };
  if (!model.has(_id)) {
    model.set(_id, document);
    return c.insertOne(document);
  }
  if (mayDelete && random.next() < 0.3) {
    model.delete(_id);
    return c.deleteOne({ _id });
  }
  model.set(_id, document);
  return c.replaceOne(document);
}

/** Lengths stand for the padding. */
function textOf(documents: readonly Document[]): string {
  return documents
    .map(({ _id, n, t, at, v, pad }) => JSON.stringify([_id, n, t, at, v, String(pad).length]))
    .join();
}

/**
 * A disk that makes no file longer ahead of time, so that a cut costs no copies of zeros; the crash tests have those.
 */
function withoutZeros(disk: FaultyVfs): FaultyVfs {
  const open = disk.open.bind(disk);
  const allocate = async (): Promise<void> => {};
  return Object.assign(disk, {
    open: async (path: string, flags: OpenFlags) => Object.assign(await open(path, flags), { allocate }),
  });
}
