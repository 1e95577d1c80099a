import { crc32c, seededRandom } from "@millrace/base";
import { CHANGING_CALLS, FaultyVfs } from "@millrace/testkit";
import type { DatabaseDurability } from "../src/extras.ts";
import { look, work } from "./power-workload.ts";

/** Outcomes of one cut: each loses, keeps, tears and reorders other sectors and names. */
const OUTCOMES = 16;
/** What was seen through so many power cuts. */
export interface PowerCuts {
  readonly cuts: number;
  /** Of them those that left something, but not all that was asked for. */
  readonly partial: number;
  /** What was found after any cut, each once. */
  readonly found: number;
  /** Contents of disks that were looked at. */
  readonly distinct: number;
}

/**
 * Lets workloads run into power cuts, each at another call of the disk, and looks at what each outcome leaves.
 * @param cuts - how many; a whole number of workloads is run
 * @throws Error naming seed, call and outcome where a database is not what it was, or not whole
 */
export async function cutPower(
  durability: DatabaseDurability,
  firstSeed: number,
  cuts: number,
): Promise<PowerCuts> {
  const found = new Set<string>();
  let partial = 0;
  let distinct = 0;
  let done = 0;
  for (let seed = firstSeed; done < cuts; seed++) {
    const calls = await callsOf(durability, seed);
    const random = seededRandom(seed);
    // Some calls of each workload, another one each time; the first and the last ones among them.
    for (let call = random.nextInt(0, 5); call <= calls && done < cuts; call += random.nextInt(1, 4)) {
      const disk = new FaultyVfs(seed);
      disk.haltAfter(call);
      const { states, acknowledged } = await work(disk, durability, seed);
      const seen = new Map<string, string>();
      for (let outcome = 0; outcome < OUTCOMES; outcome++, done++) {
        const how = `durability ${durability}, seed ${seed}, call ${call}, outcome ${outcome}`;
        const left = disk.crash(seededRandom(1000 * call + outcome));
        // What is left is the same now and then; it is looked at once.
        const digest = await digestOf(left);
        const state = seen.get(digest) ?? (await look(left, durability, how));
        seen.set(digest, state);
        const from = durability === "durable" ? acknowledged : 0;
        const at = states.indexOf(state, from);
        if (at < 0)
          throw new Error(`${how}: found ${state}, expected one of ${states.slice(from).join(" ")}`);
        if (at > 0 && at < states.length - 1) partial++;
        found.add(`${seed} ${at}`);
      }
      distinct += seen.size;
    }
  }
  return { cuts: done, partial, found: found.size, distinct };
}

/** Tells one content of a disk from another. */
async function digestOf(disk: FaultyVfs): Promise<string> {
  const parts: string[] = [];
  for (const directory of [".", "t.db-wal"]) {
    if (!(await disk.exists(directory))) continue;
    for (const { name, kind } of await disk.list(directory)) {
      const path = `${directory}/${name}`;
      if (kind !== "file") continue;
      const bytes = new Uint8Array((await disk.stat(path)).size);
      disk.openSync(path, "r").readSync(bytes, 0);
      parts.push(`${path} ${bytes.length} ${crc32c(bytes, 0, 0, bytes.length)}`);
    }
  }
  return parts.join();
}

/** What was seen where calls of the disk failed. */
export interface FailedCalls {
  readonly failures: number;
  /** Of them those that a change, or the opening, was told of. */
  readonly told: number;
}

/**
 * Runs a workload again and again, each time with one more of its calls failing once, and looks at what is left: on the
 * disk as it goes on, and after a power cut.
 * @throws Error as {@link cutPower}
 */
export async function failEachCall(error: "ENOSPC" | "EIO", seed: number): Promise<FailedCalls> {
  const whole = new FaultyVfs(seed);
  await work(whole, "durable", seed);
  let failures = 0;
  let told = 0;
  for (const call of [...CHANGING_CALLS, "read", "list", "stat", "lock"] as const) {
    for (let n = 1; n <= whole.callCount(call); n++, failures++) {
      const disk = new FaultyVfs(seed);
      disk.failNth({ call, n, error });
      const { states, acknowledged } = await work(disk, "durable", seed);
      if (acknowledged < states.length - 1 || states.length < 3) told++;
      const how = `seed ${seed}, ${error} at ${call} ${n}`;
      const crashed = disk.crash(seededRandom(n));
      for (const left of [
        await look(crashed, "durable", how),
        await look(disk.crash(seededRandom(n), { survival: 1 }), "durable", how),
      ])
        if (states.indexOf(left, acknowledged) < 0) throw new Error(`${how}: found ${left}`);
    }
  }
  return { failures, told };
}

/** How often a workload changes the disk. */
async function callsOf(durability: DatabaseDurability, seed: number): Promise<number> {
  const disk = new FaultyVfs(seed);
  await work(disk, durability, seed);
  return disk.changingCallCount;
}
