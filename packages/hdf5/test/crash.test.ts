import { type SeededRandom, seededRandom } from "@millrace/base";
import { diskVfs } from "@millrace/files";
import { FaultyVfs, smallDisk } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { type Hdf5Dataset, Hdf5Writer } from "../src/index.ts";
import { bytesOf, readByLibrary, readImage, type Seen } from "./helpers.ts";

/** The value of row `i`; data that differ from row to row, so that a wrong row is seen. */
const valueAt = (i: number): number => Math.imul(i, 2_654_435_761) | 0;

/** What was promised: `rows` by name of the group, as of the last checkpoint that was acknowledged. */
interface Model {
  rows: number[];
  acknowledged: number[] | undefined;
}

/** How the work calls the writer: every call that may wait has a twin that does not. */
type Way = "awaited" | "synchronous" | "synchronous, with libuv's pool" | "mixed";
const WAYS: readonly Way[] = ["awaited", "synchronous", "synchronous, with libuv's pool", "mixed"];

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
async function work(vfs: FaultyVfs, random: SeededRandom, model: Model, way: Way): Promise<void> {
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
function check(seen: Seen, { rows, acknowledged = [] }: Model, how: string): void {
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

describe("after a power failure at any call", () => {
  it.each(WAYS)(
    "the file is as of the last checkpoint or a later one, and its data are exact (%s)",
    async (way) => {
      // How many calls the whole work makes; at each of them the power goes once.
      const whole = new FaultyVfs(1);
      await work(whole, seededRandom(1), { rows: [], acknowledged: undefined }, way);
      const calls = whole.callCount("write") + whole.callCount("sync") + whole.callCount("syncDirectory") + 1;
      expect(calls).toBeGreaterThan(100);
      // Every second one by each of the ways, which are alike enough.
      for (let seed = WAYS.indexOf(way) % 2; seed < calls; seed += 2) {
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
    },
  );

  it.each(WAYS.flatMap((way) => (["ENOSPC", "EIO"] as const).map((error) => [error, way] as const)))(
    "or a failing disk (%s) the same holds, and the writer says so (%s)",
    async (error, way) => {
      for (let n = 2 + (WAYS.indexOf(way) % 2); n < 40; n += 2) {
        for (const call of ["write", "sync"] as const) {
          const vfs = new FaultyVfs(n);
          vfs.failNth({ call, n, error });
          const model: Model = { rows: [], acknowledged: undefined };
          const failure = await work(vfs, seededRandom(1), model, way).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (vfs.callCount(call) < n) continue;
          expect(failure).toMatchObject({
            code: "HDF5_WRITE_FAILED",
            cause: { code: error === "ENOSPC" ? "FILES_NO_SPACE" : "FILES_IO_FAILED" },
          });
          if (model.acknowledged === undefined) continue;
          check(readImage(await bytesOf(vfs, "a.h5")), model, `${call} ${n} as the process sees it`);
          check(
            readImage(await bytesOf(vfs.crash(seededRandom(n)), "a.h5")),
            model,
            `${call} ${n} after the power`,
          );
        }
      }
    },
  );
});

it("a full disk is an error of every later call, and the last checkpoint stays readable", async ({
  skip,
}) => {
  using disk = smallDisk(4 * 1024 * 1024);
  if (disk === undefined) return skip("needs the right to mount a small disk");
  const path = `${disk.path}/a.h5`;
  const writer = await Hdf5Writer.create(diskVfs, path, { checkpointBytes: 0 });
  const data = writer.root.createDataset("d", { kind: "int32", compression: "none" });
  const rows = Int32Array.from({ length: 100_000 }, (_, i) => i);
  await data.append(rows);
  await writer.checkpoint();
  const full = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) await data.append(rows);
  };
  const refused = { code: "HDF5_WRITE_FAILED", cause: { code: "FILES_NO_SPACE" } };
  await expect(full()).rejects.toMatchObject(refused);
  await expect(data.append(rows)).rejects.toMatchObject(refused);
  await expect(writer.checkpoint()).rejects.toMatchObject(refused);
  await expect(writer.close()).rejects.toMatchObject(refused);
  expect(readByLibrary(path).children?.d?.data).toEqual({ shape: [100_000], value: Array.from(rows) });
});
