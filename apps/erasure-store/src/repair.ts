import { InvalidArgumentError, isMillraceError, resolveOptions } from "@millrace/base";
import { Progress, RateLimiter, throwIfAborted } from "@millrace/stream";
import type { ShardBackend } from "./backend.ts";
import { placesOf } from "./config.ts";
import { findObjects, type StoredObject } from "./list.ts";
import type { Manifest } from "./manifest.ts";
import { badCopies, presentCopies } from "./manifest-copies.ts";
import { absentAdvice, absentBackends, problemOf } from "./manifests.ts";
import { placeShards } from "./placement.ts";
import { settleRemovals } from "./remove.ts";
import { commitRestored, restoreShards } from "./restore-shards.ts";
import type { ShardOutput } from "./shard-output.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";
import { verifyShards } from "./verify.ts";

/** How a store is repaired. */
export interface RepairOptions extends WorkOptions {
  /** Most bytes of shards a second that are made. @default no limit */
  readonly bytesPerSecond?: number | undefined;
  /** Backends whose disks were replaced by empty ones: they are made ready first. @default none */
  readonly replaced?: readonly string[] | undefined;
}

/** What a repair did. */
export interface RepairResult {
  /** Objects that were looked at. */
  readonly objects: number;
  readonly repairedObjects: number;
  readonly repairedShards: number;
  /** Backends that are not there, or are no backends any more: what was on them went to others, where these have room. */
  readonly absent: readonly string[];
  /** Objects that cannot be repaired from what is there. */
  readonly lost: readonly string[];
  /** Objects that still miss something, and why. */
  readonly failed: readonly { readonly object: string; readonly problem: string }[];
}

const DEFAULT_REPAIR_OPTIONS: { [Name in keyof Required<RepairOptions>]: RepairOptions[Name] } =
  Object.freeze({ bytesPerSecond: undefined, replaced: undefined, signal: undefined, onProgress: undefined });

interface Patient {
  readonly object: StoredObject;
  readonly manifest: Manifest;
  readonly badShards: readonly number[];
  readonly spareShards: number;
}

/**
 * Makes anew what is missing or damaged; the objects that can bear the fewest further losses come first.
 *
 * It works on shards as they are and needs no key. An object that is done is done: a repair that is stopped goes on
 * with the rest when it is started again.
 */
export async function repairObjects(
  context: StoreContext,
  prefix: string,
  options: RepairOptions,
): Promise<RepairResult> {
  const { signal, onProgress, bytesPerSecond, replaced } = resolveOptions(
    "store repair",
    DEFAULT_REPAIR_OPTIONS,
    options,
  );
  for (const name of replaced ?? []) {
    const backend = context.backends.find((candidate) => candidate.name === name);
    if (backend === undefined) {
      const known = context.backends.map((candidate) => candidate.name).join(", ");
      throw new InvalidArgumentError("STORE_BACKEND_UNKNOWN", "replaced backend", name, `one of ${known}`);
    }
    await backend.prepare();
  }
  const absent = await absentBackends(context.backends);
  await settleRemovals(context, prefix, signal);
  const objects = await findObjects(context.backends, prefix);
  const lost: string[] = [];
  const patients: Patient[] = [];
  for (const object of objects) {
    throwIfAborted(signal, "repairing");
    const patient = await examine(context, object, signal);
    if (patient === "lost") lost.push(object.manifest?.object ?? object.key);
    else if (patient !== "well") patients.push(patient);
  }
  patients.sort((a, b) => a.spareShards - b.spareShards);
  const limiter = bytesPerSecond === undefined ? undefined : new RateLimiter(bytesPerSecond);
  const progress = new Progress({
    totalBytes: patients.reduce((sum, { manifest }) => sum + manifest.storedBytes, 0),
    ...(onProgress && { onReport: onProgress }),
  });
  const failed: { object: string; problem: string }[] = [];
  let [repairedObjects, repairedShards] = [0, 0];
  for (const patient of patients) {
    throwIfAborted(signal, "repairing");
    const { object: name, storedBytes } = patient.manifest;
    try {
      const made = await repairObject(context, patient, limiter, signal);
      repairedShards += made;
      if (made < patient.badShards.length) {
        const missing = patient.badShards.length - made;
        const problem = `${missing} shards found no backend that took them${absentAdvice(absent)}`;
        failed.push({ object: name, problem });
      } else repairedObjects++;
    } catch (error) {
      throwIfAborted(signal, "repairing");
      if (isMillraceError(error, "STORE_OBJECT_LOST")) lost.push(name);
      else failed.push({ object: name, problem: problemOf(error) });
    }
    progress.add(1, storedBytes);
  }
  progress.finish();
  return { objects: objects.length, repairedObjects, repairedShards, absent, lost, failed };
}

async function examine(
  context: StoreContext,
  object: StoredObject,
  signal: AbortSignal | undefined,
): Promise<Patient | "well" | "lost"> {
  const { key, manifest, copies } = object;
  if (manifest === undefined) return "lost";
  const { problems, spareShards, isLost } = await verifyShards(context, key, manifest, undefined, signal);
  if (isLost) return "lost";
  const badShards = [...new Set(problems.map(({ shard }) => shard!))];
  const away = new Set(await absentBackends(context.backends));
  // A backend that is not there cannot be given its copy; it gets one when it is back.
  const isWell = badCopies(manifest, presentCopies(copies, away)).length === 0;
  return badShards.length === 0 && isWell ? "well" : { object, manifest, badShards, spareShards };
}

/** @returns how many shards were made */
async function repairObject(
  context: StoreContext,
  { object: { key }, manifest, badShards }: Patient,
  limiter: RateLimiter | undefined,
  signal: AbortSignal | undefined,
): Promise<number> {
  const targets = await chooseTargets(context, key, manifest, badShards);
  const outputs =
    badShards.length === 0
      ? new Map<number, ShardOutput>()
      : await restoreShards(context, key, manifest, { signal, limiter, targets });
  const shards = manifest.shards.map((record, shard) => {
    const output = outputs.get(shard);
    if (output === undefined) return badShards.includes(shard) ? { ...record, backend: null } : record;
    return { backend: output.failure === undefined ? output.backend.name : null, digest: output.digest };
  });
  const isInForce = await commitRestored(context, key, manifest, shards, outputs, signal);
  // What came between has whole shards of its own.
  if (!isInForce) return badShards.length;
  return [...outputs.values()].filter(({ failure }) => failure === undefined).length;
}

/**
 * Where each bad shard may go: where it was, where it would be put, then wherever its domain has room; only to
 * backends that are there.
 */
async function chooseTargets(
  { backends, config }: StoreContext,
  key: string,
  { shards, dataShards, parityShards }: Manifest,
  badShards: readonly number[],
): Promise<Map<number, ShardBackend[]>> {
  const away = new Set(await absentBackends(backends));
  const places = placesOf(config);
  const present = places.filter(({ name }) => !away.has(name));
  const domainOf = new Map(places.map(({ name, domain }) => [name, domain]));
  const countIn = (names: readonly (string | null)[], domain: string | undefined): number =>
    names.filter((name) => name !== null && domainOf.get(name) === domain).length;
  const taken: (string | null)[] = shards.map(({ backend }, i) => (badShards.includes(i) ? null : backend));
  const targets = new Map<number, ShardBackend[]>();
  for (const shard of badShards) {
    const before = shards[shard]!.backend;
    const ranked = [before, ...placeShards(key, present, dataShards, parityShards)];
    const names = [...new Set(ranked)].filter(
      (name): name is string =>
        name !== null &&
        domainOf.has(name) &&
        !away.has(name) &&
        countIn(taken, domainOf.get(name)) < Math.max(1, parityShards),
    );
    // Fewest of this object's shards first; the sort keeps the order of equals.
    const countOf = (name: string): number => taken.filter((other) => other === name).length;
    names.sort((a, b) => countOf(a) - countOf(b));
    if (names.length === 0) continue;
    taken[shard] = names[0]!;
    targets.set(
      shard,
      names.map((name) => backends.find((backend) => backend.name === name)!),
    );
  }
  return targets;
}
