import { isMillraceError, MillraceError } from "@millrace/base";
import { fileError, readSourceFull } from "@millrace/files";
import { retry } from "@millrace/stream";
import type { ShardBackend } from "./backend.ts";
import { manifestKey, shardKey } from "./keys.ts";
import { decodeManifest, type Manifest } from "./manifest.ts";
import { objectKey } from "./object-name.ts";
import { settleEnough } from "./settle-enough.ts";
import { corruptShard } from "./shard-format.ts";

/** What one backend has of an object's manifest. */
export interface ManifestCopy {
  readonly backend: ShardBackend;
  readonly manifest?: Manifest;
  /** What tells this copy from one that comes after it; null where there is none, undefined where nobody knows. */
  readonly version?: string | null | undefined;
  /** Why there is none: damaged, missing, or the backend is not there. */
  readonly problem?: unknown;
}

/** The copies of an object's manifest, and the one in force. */
export interface ManifestCopies {
  readonly copies: readonly ManifestCopy[];
  readonly newest: Manifest | undefined;
}

/** Longest manifest: 256 shards take about 30 KiB, a small object in it at most 1.4 MB. */
const MAX_MANIFEST_BYTES = 2 * 1024 * 1024;
/** How often a writer looks whether the one before it is done; with the waits below that is about a minute. */
const LOCK_ATTEMPTS = 600;

/** One error for all: most objects of a put are new, and to make six errors takes longer than to look six times. */
const ABSENT = fileError("FILES_NOT_FOUND", "a manifest", "open");
const LATE = new MillraceError("STORE_BACKEND_FAILED", "its answer is late");
/** A copy is opened, then read. */
const COPY_STEPS = 2;

/** Reads all copies; a copy that cannot be read is a problem of its backend, not of the object. */
export async function readManifests(backends: readonly ShardBackend[], key: string): Promise<ManifestCopies> {
  return copiesOf(await Promise.all(backends.map((backend) => readCopy(backend, key))));
}

/**
 * As `readManifests`, for those who only read: once the object is found, as many servers as may be lost are not waited
 * for where they are late. They count as those do that are not there.
 */
async function readManifestsHedged(backends: readonly ShardBackend[], key: string): Promise<ManifestCopies> {
  const giveUp = new AbortController();
  const copies = backends.map((backend): ManifestCopy => ({ backend, problem: LATE }));
  const asked = backends.map((backend, i) => ({
    answer: readCopy(backend, key, giveUp.signal).then((copy) => {
      if (!giveUp.signal.aborted) copies[i] = copy;
    }),
    pace: backend.pace,
  }));
  await settleEnough(
    asked,
    COPY_STEPS,
    (outstanding) => outstanding <= (copiesOf(copies).newest?.parityShards ?? 0),
  );
  giveUp.abort();
  return copiesOf(copies);
}

async function readCopy(backend: ShardBackend, key: string, signal?: AbortSignal): Promise<ManifestCopy> {
  try {
    if (backend.isThere?.("manifests", manifestKey(key)) === false) return { backend, problem: ABSENT };
    return { backend, ...(await readManifest(backend, key, signal)) };
  } catch (problem) {
    return { backend, problem, ...(isMillraceError(problem, "FILES_NOT_FOUND") && { version: null }) };
  }
}

function copiesOf(copies: readonly ManifestCopy[]): ManifestCopies {
  let newest: Manifest | undefined;
  for (const { manifest } of copies) {
    if (manifest !== undefined && (newest === undefined || isNewer(manifest, newest))) newest = manifest;
  }
  return { copies, newest };
}

/** Of two writers that the lock did not keep apart one wins, the same for every reader, whichever copies it sees. */
function isNewer(a: Manifest, b: Manifest): boolean {
  return a.generation === b.generation ? a.uploadId > b.uploadId : a.generation > b.generation;
}

/**
 * The manifest in force.
 * @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_MANIFEST_LOST`
 */
export async function findManifest(
  backends: readonly ShardBackend[],
  key: string,
  name: string,
): Promise<Manifest> {
  return await manifestInForce(backends, await readManifestsHedged(backends, key), name);
}

/** As `findManifest`, of copies that were read. */
export async function manifestInForce(
  backends: readonly ShardBackend[],
  { copies, newest }: ManifestCopies,
  name: string,
): Promise<Manifest> {
  if (newest?.removed === true) throw unknownObject(name);
  if (newest !== undefined) return newest;
  const damaged = copies.filter(({ problem }) => !isMillraceError(problem, "FILES_NOT_FOUND"));
  const absent = await absentBackends(backends);
  if (damaged.length === 0 && absent.length === 0) throw unknownObject(name);
  const reasons = [
    ...damaged.map(({ backend, problem }) => `backend ${backend.name}: ${problemOf(problem)}`),
    ...absent.map((backend) => `backend ${backend} is not there`),
  ];
  throw new MillraceError(
    "STORE_MANIFEST_LOST",
    `object "${name}": no backend has a manifest of it that can be read (${reasons.join("; ")}); bring a backend back`,
  );
}

function unknownObject(name: string): MillraceError {
  return new MillraceError(
    "STORE_OBJECT_UNKNOWN",
    `there is no object "${name}" in this store; \`ls\` shows what there is`,
  );
}

/**
 * The generation of the next version. Where a copy could not be asked for, it may be of a higher generation than all
 * that were read: then the time, which no count of puts comes near to, keeps the new version in front of it.
 * @param isAway - asked about backends without a copy; what it says must be newer than the copies
 */
export function nextGeneration(
  { copies, newest }: ManifestCopies,
  isAway: (backend: ShardBackend) => boolean = isBackendAway,
): number {
  const next = (newest?.generation ?? 0) + 1;
  const isUnseen = ({ backend, manifest, problem }: ManifestCopy): boolean =>
    manifest === undefined && (!isMillraceError(problem, "FILES_NOT_FOUND") || isAway(backend));
  return copies.some(isUnseen) ? Math.max(next, Date.now()) : next;
}

/** Whether a backend has no place for manifests, where that can be told without asking a server. */
export function isBackendAway(backend: ShardBackend): boolean {
  return backend.isThere?.("manifests", "") === false;
}

/** The names of the backends that cannot be reached. */
export async function absentBackends(backends: readonly ShardBackend[]): Promise<string[]> {
  const checks = await Promise.allSettled(backends.map((backend) => backend.check()));
  return backends.filter((_, i) => checks[i]!.status === "rejected").map(({ name }) => name);
}

/** What to do about backends that are not there; "" where all are. */
export function absentAdvice(absent: readonly string[]): string {
  if (absent.length === 0) return "";
  const flags = absent.map((name) => `--replaced ${name}`).join(" ");
  return `; ${absent.join(", ")} is not there: bring it back, or make its new empty place a backend with repair ${flags}`;
}

/**
 * Removes the shards of versions that are no longer in force; one that is missing is removed already.
 * @param inForce - the version whose shards stay, which may share them with one before
 */
export async function removeShards(
  backends: readonly ShardBackend[],
  key: string,
  manifests: Iterable<Manifest>,
  inForce?: Manifest,
): Promise<void> {
  const placesOf = ({ uploadId, shards }: Manifest): { backend: string | null; shard: string }[] =>
    shards.map(({ backend }, i) => ({ backend, shard: shardKey(key, uploadId, i) }));
  const nameOf = (place: { backend: string | null; shard: string }): string =>
    `${place.backend}/${place.shard}`;
  const done = new Set(inForce === undefined ? [] : placesOf(inForce).map(nameOf));
  const removals: Promise<void>[] = [];
  for (const place of [...manifests].flatMap(placesOf)) {
    const name = nameOf(place);
    const backend = backends.find((candidate) => candidate.name === place.backend);
    if (done.has(name) || backend === undefined) continue;
    done.add(name);
    removals.push(backend.remove("shards", place.shard));
  }
  const failed = (await Promise.allSettled(removals)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

/**
 * Runs `work` while no other writer of this store changes which version of an object is in force. The lock lies on
 * the first backend that is there.
 */
export async function withLock<T>(
  backends: readonly ShardBackend[],
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  await using _lock = await retry(() => lockFirst(backends), {
    attempts: LOCK_ATTEMPTS,
    baseDelayMs: 5,
    maxDelayMs: 200,
    signal,
    isRetryable: (error) => isMillraceError(error, "FILES_LOCKED"),
  });
  return await work();
}

/** An error's line for a list of several, where its backend is named already. */
export function problemOf(problem: unknown): string {
  if (isMillraceError(problem, "FILES_NO_SPACE")) return "no space is left on its volume";
  if (isMillraceError(problem, "FILES_NOT_FOUND")) return "its directory is not there";
  return problem instanceof Error ? problem.message : String(problem);
}

async function lockFirst(backends: readonly ShardBackend[]): Promise<AsyncDisposable> {
  let failure: unknown;
  // Those whose lock does not keep others out come last: then it is at least seen by who looks later.
  const isVain = ({ isLockVain }: ShardBackend): boolean => isLockVain === true;
  for (const backend of [...backends.filter((one) => !isVain(one)), ...backends.filter(isVain)]) {
    try {
      return await backend.lock();
    } catch (error) {
      if (isMillraceError(error, "FILES_LOCKED")) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

async function readManifest(
  backend: ShardBackend,
  key: string,
  signal?: AbortSignal,
): Promise<{ manifest: Manifest; version: string | undefined }> {
  await using source = await backend.open("manifests", manifestKey(key), signal);
  if (source.size > MAX_MANIFEST_BYTES)
    throw corruptShard(source.name, 0, `${source.size} bytes are no manifest`);
  const bytes = new Uint8Array(source.size);
  await readSourceFull(source, bytes, 0, signal);
  const manifest = decodeManifest(bytes, source.name);
  if (objectKey(manifest.object) !== key) {
    throw corruptShard(
      source.name,
      0,
      `this is the manifest of "${manifest.object}"; it was copied or renamed`,
    );
  }
  return { manifest, version: source.version };
}
