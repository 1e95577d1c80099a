import { type SeededRandom, seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { expect } from "vitest";
import { type Hdf5Dataset, Hdf5Writer } from "../src/index.ts";
import { bytesOf, readImage, type Seen } from "./helpers.ts";

/** The value of row `i`; data that differ from row to row, so that a wrong row is seen. */
const valueAt = (i: number): number => Math.imul(i, 2_654_435_761) | 0;

/** What was promised: `rows` by name of the group, as of the last checkpoint that was acknowledged. */
export interface Model {
  rows: number[];
  acknowledged: number[] | undefined;
}

/** How the work calls the writer: every call that may wait has a twin that does not. */
export type Way = "awaited" | "synchronous" | "synchronous, with libuv's pool" | "mixed";
export const WAYS: readonly Way[] = ["awaited", "synchronous", "synchronous, with libuv's pool", "mixed"];

/** The changing calls of a writer in one of the ways. */
class Calls {
  readonly #way: Way;
  readonly #random: SeededRandom;

  constructor(way: Way, random: SeededRandom) {
    this.#way = way;
    this.#random = random;
  }

  /** Makes one call in its way; mixed: waits, does not wait, or does it at once. */
  async make(asynchronous: () => Promise<void>, synchronous: () => void): Promise<void> {
    const dice = this.#way === "awaited" ? 0 : this.#way === "mixed" ? this.#random.nextInt(0, 2) : 2;
    if (dice === 2) synchronous();
    else if (dice === 0) await asynchronous();
    // What fails here makes every later call fail.
    else asynchronous().catch(() => {});
  }

  /** As {@link make}, but done when it returns. */
  async finish(asynchronous: () => Promise<void>, synchronous: () => void): Promise<void> {
    const isAtOnce = this.#way === "mixed" ? this.#random.next() < 0.5 : this.#way !== "awaited";
    if (isAtOnce) synchronous();
    else await asynchronous();
  }
}

/** Writes groups with a dataset each, with checkpoints in between, until the work is done or something fails. */
export async function work(vfs: FaultyVfs, random: SeededRandom, model: Model, way: Way): Promise<void> {
  const options = {
    durability: "disk",
    checkpointBytes: 4000,
    maxChunksInFlight: 2,
    threads: way === "synchronous" ? "caller" : "pool",
  } as const;
  const writer =
    way === "awaited"
      ? await Hdf5Writer.create(vfs, "a.h5", options)
      : Hdf5Writer.createSync(vfs, "a.h5", options);
  model.acknowledged = [];
  const calls = new Calls(way, seededRandom(random.nextU32()));
  const datasets: Hdf5Dataset<"int32">[] = [];
  try {
    for (let g = 0; g < 40; g++) {
      const group = writer.root.createGroup(`g${g}`);
      group.setAttribute("index", `group ${g}`);
      const data = group.createDataset("d", {
        kind: "int32",
        chunkRows: 8,
        rowShape: [3],
        compression: { deflate: 1 },
      });
      model.rows.push(0);
      datasets.push(data);
      for (let append = random.nextInt(0, 8); append > 0; append--) {
        const from = model.rows[g]!;
        const rows = random.nextInt(1, 12);
        model.rows[g] = from + rows;
        const values = Int32Array.from({ length: 3 * rows }, (_, i) => valueAt(3 * from + i));
        await calls.make(
          () => data.append(values),
          () => data.appendSync(values),
        );
        if (random.next() < 0.15) {
          // Appends that nobody awaited may come behind the checkpoint.
          const rowsBefore = datasets.map((dataset) => dataset.rows);
          await calls.finish(
            () => writer.checkpoint(),
            () => writer.checkpointSync(),
          );
          model.acknowledged = rowsBefore;
        }
      }
      await calls.make(
        () => group.close(),
        () => group.closeSync(),
      );
    }
    await calls.finish(
      () => writer.close(),
      () => writer.closeSync(),
    );
    model.acknowledged = [...model.rows];
  } finally {
    await writer.close().catch(() => {});
  }
}

/** The file must hold at least what was acknowledged, and of all it holds every value must be right. */
export function check(seen: Seen, { rows, acknowledged = [] }: Model, how: string): void {
  const groups = seen.children ?? {};
  for (const [g, count] of acknowledged.entries()) {
    const found = groups[`g${g}`]?.children?.d?.data?.shape[0] ?? -1;
    if (found < count) expect.fail(`${how}: g${g} has ${found} rows, ${count} were acknowledged`);
  }
  for (const [name, group] of Object.entries(groups)) {
    const g = Number(name.slice(1));
    if (group.attributes.index?.value !== `group ${g}`) expect.fail(`${how}: ${name} has lost its attribute`);
    const data = group.children?.d?.data;
    // A checkpoint by size may come before the group has its dataset.
    if (data === undefined) continue;
    if (data.shape[0]! > rows[g]!) expect.fail(`${how}: ${name} has rows that nobody appended`);
    const wrong = (data.value as number[]).findIndex((value, i) => value !== valueAt(i));
    if (wrong >= 0) expect.fail(`${how}: ${name} has a wrong value at ${wrong}`);
  }
}

/** Does the work again and again, with the power going at call `first`, and every `step` calls from there on. */
export async function cutPowerAtEvery(step: number, first: number, way: Way): Promise<void> {
  // How many calls the whole work makes; at each of them the power goes once.
  const whole = new FaultyVfs(1);
  await work(whole, seededRandom(1), { rows: [], acknowledged: undefined }, way);
  const calls = whole.callCount("write") + whole.callCount("sync") + whole.callCount("syncDirectory") + 1;
  expect(calls).toBeGreaterThan(100);
  for (let seed = first; seed < calls; seed += step) {
    const how = `seed ${seed}`;
    const vfs = new FaultyVfs(seed);
    vfs.haltAfter(seed);
    const model: Model = { rows: [], acknowledged: undefined };
    await work(vfs, seededRandom(1), model, way).catch((error: unknown) => {
      if (!(error as { code?: string }).code?.match(/^(FILES|HDF5)_/)) throw error;
    });
    const after = vfs.crash(seededRandom(seed));
    // Until it was acknowledged, there need be no file.
    if (model.acknowledged === undefined) continue;
    check(readImage(await bytesOf(after, "a.h5")), model, how);
  }
}
