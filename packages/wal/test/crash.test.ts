import { isMillraceError, type SeededRandom, seededRandom } from "@millrace/base";
import type { Durability } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { Wal } from "@millrace/wal";
import { describe, expect, test } from "vitest";

/** What the log must hold: the naive model that the real one is compared with. */
interface Model {
  /** Every record ever appended, by lsn - 1; cut back to what a recovery found. */
  records: Uint8Array[];
  /** No crash may lose a record up to this one. */
  durableLsn: number;
  /** Records before this one were given up by truncateBefore. */
  truncatedLsn: number;
}

const options = (durability: Durability): { segmentBytes: number; durability: Durability } => ({
  segmentBytes: 4096,
  durability,
});

/** Compares a log that was just opened with the model, and goes on from what it holds. */
async function checkRecovered(wal: Wal, model: Model, how: string): Promise<void> {
  const { firstLsn, nextLsn } = wal.stats;
  if (nextLsn - 1 < model.durableLsn) {
    expect.fail(`${how}: lost records ${nextLsn} to ${model.durableLsn}, which were durable`);
  }
  if (nextLsn - 1 > model.records.length) expect.fail(`${how}: recovered a record nobody appended`);
  if (firstLsn > Math.max(1, model.truncatedLsn)) expect.fail(`${how}: removed records that were wanted`);
  model.records.length = nextLsn - 1;
  model.durableLsn = nextLsn - 1;
  let expected = firstLsn;
  for await (const { lsn, payload } of wal.read()) {
    if (lsn !== expected) expect.fail(`${how}: read record ${lsn} where ${expected} was due`);
    if (Buffer.compare(payload, model.records[lsn - 1]!) !== 0) expect.fail(`${how}: record ${lsn} differs`);
    expected++;
  }
  if (expected !== nextLsn) expect.fail(`${how}: read up to ${expected - 1}, the log says ${nextLsn - 1}`);
}

function newRecord(random: SeededRandom): Uint8Array {
  const kind = random.nextInt(0, 19);
  const length = kind === 0 ? 0 : kind === 1 ? random.nextInt(4000, 9000) : random.nextInt(1, kind * 40);
  // Half of them zeros, which look like unwritten space.
  const record = new Uint8Array(length);
  return random.next() < 0.5 ? record : random.fill(record);
}

/** Random appends, waits, flushes, truncations and reads, until the work is done or something fails. */
async function work(wal: Wal, model: Model, random: SeededRandom): Promise<void> {
  const running: Promise<unknown>[] = [];
  const noted = (lsn: number): void => {
    if (wal.durability === "disk") model.durableLsn = Math.max(model.durableLsn, lsn);
  };
  try {
    for (let step = random.nextInt(1, 40); step > 0; step--) {
      const action = random.nextInt(0, 11);
      if (action <= 6) {
        const record = newRecord(random);
        model.records.push(record);
        const lsn = model.records.length;
        running.push(
          wal.append(record).then((given) => {
            if (given !== lsn) expect.fail(`append gave lsn ${given}, ${lsn} was due`);
            noted(given);
          }),
        );
      } else if (action === 7) {
        const records = Array.from({ length: random.nextInt(1, 12) }, () => newRecord(random));
        model.records.push(...records);
        running.push(wal.appendMany(records).then(noted));
      } else if (action === 8) {
        const lsn = random.nextInt(1, model.records.length + 1);
        model.truncatedLsn = Math.max(model.truncatedLsn, lsn);
        running.push(wal.truncateBefore(lsn));
      } else if (action === 9) {
        const lsn = model.records.length;
        await wal.flush();
        model.durableLsn = Math.max(model.durableLsn, lsn);
      } else {
        await Promise.race([running.at(-1) ?? undefined, undefined]);
        if (action === 11) await Promise.all(running);
      }
    }
    await Promise.all(running);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    for (const result of await Promise.allSettled(running)) {
      if (result.status === "rejected" && !isMillraceError(result.reason)) throw result.reason;
    }
  }
}

/** One life of a disk: several crashes, each at a random call, with planned failures in between. */
async function live(seed: number, durability: Durability, crashes: number): Promise<void> {
  const random = seededRandom(seed);
  const model: Model = { records: [], durableLsn: 0, truncatedLsn: 0 };
  let vfs = new FaultyVfs(seed);
  for (let crash = 0; crash < crashes; crash++) {
    const how = `seed ${seed}, durability ${durability}, crash ${crash}`;
    vfs.haltAfter(random.nextInt(0, random.next() < 0.2 ? 8 : 120));
    if (random.next() < 0.3) {
      const call = (["write", "sync", "syncDirectory", "rename", "truncate", "open"] as const)[
        random.nextInt(0, 5)
      ]!;
      vfs.failNth({ call, n: random.nextInt(1, 12), error: random.next() < 0.5 ? "ENOSPC" : "EIO" });
    }
    // The same machine may see several processes before its power goes.
    for (let run = random.nextInt(1, 3); run > 0; run--) {
      const wal = await Wal.open(vfs, "log", options(durability)).catch((error: unknown) => {
        if (!isMillraceError(error) || error.code.startsWith("WAL_")) throw new Error(how, { cause: error });
      });
      if (wal === undefined) continue;
      // A planned failure, or the end of power, may meet the check.
      await checkRecovered(wal, model, how).catch((error: unknown) => {
        if (!isMillraceError(error) || !error.code.startsWith("FILES_")) throw error;
      });
      await work(wal, model, random);
      await wal.close().then(
        () => {
          if (durability === "disk" || wal.stats.durableLsn === model.records.length) {
            model.durableLsn = Math.max(model.durableLsn, wal.stats.durableLsn);
          }
        },
        (error: unknown) => {
          if (!isMillraceError(error)) throw error;
        },
      );
    }
    vfs = vfs.crash(random);
  }
  await using wal = await Wal.open(vfs, "log", options(durability)).catch((error: unknown) => {
    throw new Error(`seed ${seed}, durability ${durability}, last`, { cause: error });
  });
  await checkRecovered(wal, model, `seed ${seed}, durability ${durability}, last`);
  await wal.append(Uint8Array.of(1));
}

describe("after a crash at any point", () => {
  const CRASHES = 5;
  test.each([
    ["disk", 500, 0],
    ["os", 60, 10_000],
    ["none", 60, 20_000],
  ] as const)(
    "durability %s: what was durable is there, and what is there was appended",
    async (durability, lives, start) => {
      for (let seed = start; seed < start + lives; seed++) await live(seed, durability, CRASHES);
    },
  );
});
