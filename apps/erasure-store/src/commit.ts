import { isMillraceError, MillraceError } from "@millrace/base";
import type { BackendWriter, ShardBackend } from "./backend.ts";
import { manifestKey } from "./keys.ts";
import { encodeManifest, type Manifest } from "./manifest.ts";
import { copiesWanted, rankForCopies } from "./manifest-copies.ts";
import {
  type ManifestCopies,
  type ManifestCopy,
  nextGeneration,
  problemOf,
  readManifests,
  removeShards,
} from "./manifests.ts";
import type { StoreContext } from "./store-context.ts";

/** What a commit finds, read before it. */
export interface ReadBefore {
  readonly found: ManifestCopies;
  /** As in `nextGeneration`. */
  isAway(backend: ShardBackend): boolean;
}

/**
 * Puts a version in force whose shards are durable, and removes those of the versions before that it does not have
 * itself. Call it under the store's lock.
 *
 * All copies of the manifest are written before the first appears, so that a full disk is found while nothing has
 * changed. Every backend that took a shard must take a copy.
 *
 * @param leastCopies - how many backends must take a copy, whoever they are
 * @param read - what was read under the same lock, where that is done for several objects at once
 * @throws MillraceError `STORE_COMMIT_REFUSED`: the version before is in force and whole
 * @throws MillraceError `STORE_COMMIT_UNDECIDED`: some copies are new and could not be taken back; both versions'
 *   shards are there, and the object reads as one of the two
 */
export async function commitVersion(
  { backends, config, metrics }: StoreContext,
  key: string,
  version: Omit<Manifest, "generation">,
  leastCopies: number,
  read?: ReadBefore,
): Promise<void> {
  const found = read?.found ?? (await readManifests(backends, key));
  const { copies } = found;
  const manifest: Manifest = { ...version, generation: nextGeneration(found, read?.isAway) };
  const needed: Needed = { names: new Set(manifest.shards.map(({ backend }) => backend)), leastCopies };
  const ranked = rankForCopies(config, backends, key, manifest);
  const wanted = copiesWanted(manifest, backends.length);
  const versions = new Map(copies.map(({ backend, version }) => [backend, version]));
  const writers: ManifestWriter[] = [];
  /** Writes more copies where backends failed, as long as there are others. */
  const fill = async (begin: (writer: ManifestWriter) => Promise<void>): Promise<void> => {
    for (;;) {
      const missing = wanted - writers.filter(({ failure }) => failure === undefined).length;
      const next = ranked.slice(writers.length, writers.length + missing);
      if (next.length === 0) return;
      const added = next.map((backend) => new ManifestWriter(backend, key, versions.get(backend)));
      writers.push(...added);
      await Promise.all(added.map(begin));
    }
  };
  try {
    const bytes = encodeManifest(manifest);
    await fill((writer) => writer.write(bytes));
    checkWriters(manifest.object, writers, needed);
    await Promise.all(writers.map((writer) => writer.commit()));
    await fill((writer) => writer.write(bytes).then(() => writer.commit()));
    try {
      checkWriters(manifest.object, writers, needed);
    } catch (error) {
      const own = new Set(writers.flatMap((writer) => (writer.isOvertaken ? [] : writer.backend)));
      const ownCopies = copies.filter(({ backend }) => own.has(backend));
      await rollBack(key, ownCopies, needed.names, error);
    }
  } finally {
    await Promise.allSettled(writers.map((writer) => writer.abort()));
  }
  const written = new Set(writers.flatMap(({ backend, failure }) => (failure === undefined ? backend : [])));
  const outdated = copies.filter(
    ({ backend, problem }) => !written.has(backend) && !isMillraceError(problem, "FILES_NOT_FOUND"),
  );
  const superseded = copies.flatMap((copy) => copy.manifest ?? []);
  if (superseded.length === 0 && outdated.length === 0) return;
  // What cannot be removed wastes space and does no harm: no manifest in force names it any more, and `scrub` finds it.
  await metrics.measure("clean-up", async () => {
    await Promise.allSettled(outdated.map(({ backend }) => backend.remove("manifests", manifestKey(key))));
    await removeShards(backends, key, superseded, manifest).catch(() => {});
  });
}

/** Which backends must take a manifest. */
interface Needed {
  readonly names: ReadonlySet<string | null>;
  readonly leastCopies: number;
}

/** The copy of a manifest for one backend; keeps the backend's error instead of throwing it. */
class ManifestWriter {
  readonly backend: ShardBackend;
  readonly #key: string;
  #writer: BackendWriter | undefined;
  readonly #replaces: string | null | undefined;
  failure: unknown;

  /** @param replaces - the copy whose place it takes, as in {@link CreateOptions} */
  constructor(backend: ShardBackend, key: string, replaces?: string | null) {
    this.backend = backend;
    this.#key = key;
    this.#replaces = replaces;
  }

  /** Whether another writer came between: its copy is there, and not to be touched. */
  get isOvertaken(): boolean {
    return isMillraceError(this.failure, "STORE_VALUE_CHANGED");
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      const options = { replaces: this.#replaces };
      this.#writer = await this.backend.create("manifests", manifestKey(this.#key), options);
      await this.#writer.write(bytes);
    } catch (error) {
      this.failure = error;
    }
  }

  async commit(): Promise<void> {
    if (this.failure !== undefined) return;
    try {
      await this.#writer?.commit();
    } catch (error) {
      this.failure = error;
    }
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
  }
}

function checkWriters(
  object: string,
  writers: readonly ManifestWriter[],
  { names, leastCopies }: Needed,
): void {
  const allFailed = writers.filter(({ failure }) => failure !== undefined);
  const isOvertaken = writers.some((writer) => writer.isOvertaken);
  const isEnough = !isOvertaken && writers.length - allFailed.length >= leastCopies;
  const failed = isEnough ? allFailed.filter(({ backend }) => names.has(backend.name)) : allFailed;
  if (failed.length === 0) return;
  const reasons = failed.map(({ backend, failure }) => `backend ${backend.name}: ${problemOf(failure)}`);
  throw new MillraceError(
    "STORE_COMMIT_REFUSED",
    `"${object}" was not stored: its manifest could not be written; ${reasons.join("; ")}`,
  );
}

/** Makes copies what they were, and throws `error`, or that this was not possible. */
async function rollBack(
  key: string,
  copies: readonly ManifestCopy[],
  needed: ReadonlySet<string | null>,
  error: unknown,
): Promise<never> {
  const restored = await Promise.allSettled(
    copies.map(async ({ backend, manifest }) => {
      if (manifest === undefined) return backend.remove("manifests", manifestKey(key));
      const writer = new ManifestWriter(backend, key);
      await writer.write(encodeManifest(manifest));
      await writer.commit();
      await writer.abort();
      if (writer.failure !== undefined) throw writer.failure;
    }),
  );
  const isLeft = copies.some(
    ({ backend }, i) => needed.has(backend.name) && restored[i]!.status === "rejected",
  );
  if (!isLeft) throw error;
  throw new MillraceError(
    "STORE_COMMIT_UNDECIDED",
    `${problemOf(error)}; some backends hold the new version already: put it again when they work`,
    { cause: error },
  );
}
