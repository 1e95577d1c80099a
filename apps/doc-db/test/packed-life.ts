/** What files of compressed or encrypted pages live through in packed-crash.test.ts and its slow lane. */
import { type SeededRandom, seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { expect } from "vitest";
import { Database, type DatabaseOptions, type Document } from "../src/extras.ts";
import { isDiskFailure } from "./helpers.ts";
import { KEY } from "./page-variants.ts";

/** A file that soon has checkpoints and pages that are not in memory. */
export const SMALL = { cacheBytes: 512 * 1024, checkpointBytes: 64 * 1024 };
/** What `rekey` gives it. */
export const OTHER_KEY: Uint8Array = KEY.toReversed();

/** What a disk must hold: values by `_id`, and whether each key may open it. */
interface Model {
  readonly acknowledged: Map<number, number | undefined>;
  readonly asked: Map<number, (number | undefined)[]>;
  keys: Uint8Array[];
}

const textOf = (value: number): string => `text of ${value} `.repeat(1 + (value % 97));

async function openWithOneOf(keys: readonly Uint8Array[], options: DatabaseOptions): Promise<Database> {
  if (options.key === undefined) return Database.open("t.db", options);
  for (const key of keys.slice(0, -1)) {
    const db = await Database.open("t.db", { ...options, key }).catch((error: unknown) => {
      if ((error as { code?: string }).code !== "DOCDB_PASSWORD_WRONG") throw error;
    });
    if (db !== undefined) return db;
  }
  return Database.open("t.db", { ...options, key: keys.at(-1)! });
}

async function check(db: Database, model: Model, how: string): Promise<void> {
  const found = new Map<number, number>();
  for await (const { _id, value, text } of db.collection("c").find()) {
    expect(text, how).toBe(textOf(value as number));
    found.set(_id as number, value as number);
  }
  for (const [id, values] of model.asked) {
    const state = found.get(id);
    const last = model.acknowledged.get(id);
    if (state === last) continue;
    // Asked for after what was acknowledged, and perhaps written.
    const at = values.lastIndexOf(last);
    expect(values.slice(Math.max(at, 0)), `${how}, document ${id}`).toContain(state);
    model.acknowledged.set(id, state);
  }
  for (const id of found.keys()) expect(model.asked.has(id), how).toBe(true);
  expect(await db.verify(), how).toEqual([]);
  expect(await db.checkPages(), how).toEqual([]);
}

async function work(
  db: Database,
  model: Model,
  random: SeededRandom,
  options: DatabaseOptions,
): Promise<void> {
  const c = db.collection("c");
  const set = async (id: number, value: number | undefined): Promise<void> => {
    const values = model.asked.get(id) ?? [undefined];
    model.asked.set(id, [...values, value]);
    if (value === undefined) await c.deleteOne({ _id: id });
    else
      await c.replaceOne({ _id: id, value, text: textOf(value) }).then((isThere) => {
        if (!isThere) return c.insertOne({ _id: id, value, text: textOf(value) });
      });
    model.acknowledged.set(id, value);
  };
  for (let step = random.nextInt(10, 60); step > 0; step--) {
    const kind = random.nextInt(0, 19);
    if (kind < 14) await set(random.nextInt(0, 200), random.nextInt(0, 9999));
    else if (kind < 17) await set(random.nextInt(0, 200), undefined);
    else if (kind === 17) await db.checkpoint();
    else if (kind === 18 && options.key !== undefined) {
      const key = random.next() < 0.5 ? KEY : OTHER_KEY;
      model.keys = [...model.keys, key];
      await db.rekey({ key });
      model.keys = [key];
    } else {
      const first = 1000 + random.nextInt(0, 1000) * 100;
      if (model.asked.has(first)) continue;
      const documents: Document[] = Array.from({ length: 60 }, (_, i) => ({
        _id: first + i,
        value: i * 31,
        text: textOf(i * 31),
      }));
      for (const { _id, value } of documents) model.asked.set(_id as number, [undefined, value as number]);
      await c.importFrom(
        (async function* () {
          yield* documents;
        })(),
      );
      for (const { _id, value } of documents) model.acknowledged.set(_id as number, value as number);
    }
  }
}

/** One disk through several power cuts. @returns how many came in the middle of the work */
export async function live(seed: number, variant: DatabaseOptions, crashes: number): Promise<number> {
  const random = seededRandom(seed);
  const model: Model = { acknowledged: new Map(), asked: new Map(), keys: [KEY] };
  let vfs = new FaultyVfs(seed);
  let halts = 0;
  const options = (): DatabaseOptions => ({ ...SMALL, ...variant, vfs });
  const ignoreFailure = (error: unknown): undefined => {
    if (!isDiskFailure(error)) throw new Error(`seed ${seed}`, { cause: error });
  };
  for (let crash = 0; crash < crashes; crash++) {
    vfs.haltAfter(random.nextInt(crash === 0 ? 260 : 0, 600));
    if (random.next() < 0.4) {
      const call = (["write", "sync", "open", "truncate", "read", "rename"] as const)[random.nextInt(0, 5)]!;
      const n = random.nextInt(1, call === "write" || call === "read" ? 90 : 12);
      vfs.failNth({ call, n, error: random.next() < 0.5 ? "ENOSPC" : "EIO" });
    }
    const db = await openWithOneOf(model.keys, options()).catch(ignoreFailure);
    if (db !== undefined) {
      await check(db, model, `seed ${seed}, crash ${crash}`)
        .then(() => work(db, model, random, variant))
        .catch(ignoreFailure);
      await db.close().catch(ignoreFailure);
    }
    halts += vfs.isHalted ? 1 : 0;
    vfs = vfs.crash(random);
  }
  await using db = await openWithOneOf(model.keys, options());
  await check(db, model, `seed ${seed}, last`);
  return halts;
}
