import { resolveOptions } from "@millrace/base";
import {
  AtomicFile,
  type ByteStream,
  diskVfs,
  fileError,
  type TemporarySpaceStatistics,
  type Vfs,
} from "@millrace/files";
import { peakResidentBytes } from "@millrace/metrics";
import { DEFAULT_PATIENCE, type HttpPatience } from "@millrace/remote";
import { availableMemoryBytes, MemoryBudget } from "@millrace/stream";
import { checkConfig, type FilledConfig, type StoreConfig } from "./config.ts";
import { readConfig } from "./config-file.ts";
import { type ConfigOverrides, environmentOverrides, overlay } from "./config-layers.ts";
import { Coders } from "./engines.ts";
import { GatheringWriter } from "./gathering-writer.ts";
import { type ListedObject, listObjects } from "./list.ts";
import { openBackends } from "./open-backends.ts";
import { type PutOptions, type PutResult, putObject } from "./put.ts";
import { type ObjectReading, openObject, type ReadOptions, readObject } from "./read-object.ts";
import { type RebalanceResult, rebalanceObjects } from "./rebalance.ts";
import { type RebuildResult, rebuildIndex } from "./rebuild-index.ts";
import { removeObject } from "./remove.ts";
import { type RepairOptions, type RepairResult, repairObjects } from "./repair.ts";
import { type RepositoryKey, readRepositoryKey } from "./repository-key.ts";
import { type ScrubOptions, type ScrubResult, scrubStore } from "./scrub.ts";
import { type ObjectStatus, statObject } from "./stat.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";
import { StoreMetrics } from "./store-metrics.ts";
import { temporarySpace } from "./temporary.ts";
import { type VerifyResult, verifyObjects } from "./verify.ts";

/** What a store works with. */
export interface StoreOptions {
  /** The file system. @default diskVfs */
  readonly vfs?: Vfs;
  /** Memory of all operations together; pass the process's own. @default as `max_memory_usage` says */
  readonly budget?: MemoryBudget | undefined;
  /** Lies over the configuration and the environment, as a command's flags do. @default nothing */
  readonly overrides?: ConfigOverrides;
  /** Variables, for `MILLRACE_STORE_…` over the configuration, and for references to secrets. @default none */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** How often and how long servers are waited for. @default 5 attempts, 30 s of silence */
  readonly patience?: HttpPatience;
}

/** What {@link StoreOptions} are when they are not given. */
export const DEFAULT_STORE_OPTIONS: {
  readonly vfs: Vfs;
  readonly budget: MemoryBudget | undefined;
  readonly overrides: ConfigOverrides;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly patience: HttpPatience;
} = Object.freeze({
  vfs: diskVfs,
  budget: undefined,
  overrides: {},
  environment: {},
  patience: DEFAULT_PATIENCE,
});

/** What a get into a file did. */
export interface GetResult {
  readonly object: string;
  readonly bytes: number;
}

/** The budget takes no more than this part of the memory that is free, whatever the configuration says. */
const MEMORY_PART = 0.5;

/**
 * Opens a store; backends that are not there are found out when they are needed.
 * @param config - the path of a configuration that `initStore` wrote, or a configuration
 * @throws MillraceError `STORE_CONFIG_INVALID`; InvalidArgumentError for a configuration that is passed
 * @example
 * const store = await openStore("store.yaml");
 * await store.put("2026/report.pdf", "report.pdf");
 * for await (const piece of store.get("2026/report.pdf")) process.stdout.write(piece);
 */
export async function openStore(config: string | StoreConfig, options?: StoreOptions): Promise<ErasureStore> {
  const { vfs, budget, overrides, environment, patience } = resolveOptions<Required<StoreOptions>>(
    "store",
    DEFAULT_STORE_OPTIONS,
    options,
  );
  const layers = [overrides, environmentOverrides(environment)];
  const filled =
    typeof config === "string"
      ? await readConfig(vfs, config, layers)
      : checkConfig(overlay(checkConfig(config), layers));
  const most = Math.min(filled.performance.max_memory_usage, availableMemoryBytes() * MEMORY_PART);
  const temporary = temporarySpace(vfs, filled);
  const metrics = new StoreMetrics();
  let key: Promise<RepositoryKey> | undefined;
  return new ErasureStore({
    vfs,
    config: filled,
    backends: openBackends(filled, {
      vfs,
      environment,
      temporary,
      patience,
      registry: metrics.registry,
    }),
    temporary,
    uploadsDirectory: typeof config === "string" ? `${config}.uploads` : undefined,
    budget: budget ?? new MemoryBudget(Math.max(1, Math.floor(most))),
    coders: new Coders(),
    metrics,
    repositoryKey: () => {
      key ??= readRepositoryKey(vfs, filled.encryption, environment);
      return key;
    },
  });
}

/**
 * Objects in Reed-Solomon shards over directories: any `parityShards` of an object's shards may be lost.
 *
 * A put is durable when it returns, as the configuration's `durability` says. Several may run at once, in other
 * processes of this machine, too: of two puts under one name the last to commit wins, whole.
 */
export class ErasureStore {
  readonly #context: StoreContext;

  /** Use {@link openStore}. */
  constructor(context: StoreContext) {
    this.#context = context;
    context.metrics.addGauges((registry) => {
      context.budget.writeTo(registry, "store_stripes");
      const { usedBytes, peakBytes } = context.temporary.statistics;
      registry.gauge("store_temporary_used_bytes").set(usedBytes);
      registry.gauge("store_temporary_peak_bytes").set(peakBytes);
      // In KiB, as getrusage(2) has it.
      registry.gauge("process_memory_rss_peak_bytes").set(peakResidentBytes());
    });
  }

  /** The configuration in force. */
  get config(): FilledConfig {
    return this.#context.config;
  }

  /** What was counted since it was opened. */
  get metrics(): StoreMetrics {
    return this.#context.metrics;
  }

  /** Bytes in temporary files, now and at the most since it was opened. */
  get temporarySpace(): TemporarySpaceStatistics {
    return this.#context.temporary.statistics;
  }

  /**
   * Stores a file or a stream under a name; an object of that name is replaced when the new one is durable.
   * @throws MillraceError `STORE_PUT_REFUSED` when too many backends fail; the object before stays as it was
   */
  put(name: string, input: string | ByteStream, options: PutOptions = {}): Promise<PutResult> {
    return putObject(this.#context, name, input, options);
  }

  /**
   * Reads an object or a range of it in order; a piece is valid until the next one is asked for.
   * @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_OBJECT_LOST`, `STORE_MANIFEST_LOST`
   * @throws CorruptDataError `STORE_OBJECT_CORRUPT`
   */
  get(name: string, options: ReadOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    return readObject(this.#context, name, options);
  }

  /**
   * Finds an object and gives its manifest together with its bytes, for those who must know the size first.
   * @throws as {@link get}; MillraceError `STORE_OBJECT_REPLACED` when a put comes between
   */
  open(name: string, options: ReadOptions = {}): Promise<ObjectReading> {
    return openObject(this.#context, name, options);
  }

  /**
   * Writes an object to a file, which appears whole and checked, or not at all.
   * @throws as {@link get}
   */
  async getFile(name: string, path: string, options: ReadOptions = {}): Promise<GetResult> {
    const { vfs, metrics, config } = this.#context;
    if ((await vfs.exists(path)) && (await vfs.stat(path)).kind === "directory") {
      throw fileError("FILES_IS_DIRECTORY", path, "open");
    }
    const pieces = this.get(name, options);
    // The object is looked up before the file is begun: an unknown name must not even touch the disk.
    let next = await pieces.next();
    await using output = await AtomicFile.create(vfs, path, { durability: config.durability });
    const writer = new GatheringWriter((bytes) => metrics.measure("write", () => output.write(bytes)));
    let bytes = 0;
    try {
      for (; next.done !== true; next = await pieces.next()) {
        await writer.add(next.value);
        bytes += next.value.length;
      }
      await writer.finish();
    } finally {
      await writer.settle();
      await pieces.return();
    }
    await output.commit();
    return { object: name, bytes };
  }

  /** Removes exactly one object. @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_BACKENDS_ABSENT` */
  remove(name: string, options: Pick<WorkOptions, "signal"> = {}): Promise<void> {
    return removeObject(this.#context, name, options.signal);
  }

  /** The objects whose names begin with `prefix`, by name. */
  list(prefix = ""): Promise<ListedObject[]> {
    return listObjects(this.#context, prefix);
  }

  /** What is known of one object, and which of its shards are there. @throws MillraceError `STORE_OBJECT_UNKNOWN` */
  stat(name: string): Promise<ObjectStatus> {
    return statObject(this.#context, name);
  }

  /** Checks every byte of the objects whose names begin with `prefix`. */
  verify(prefix = "", options: WorkOptions = {}): Promise<VerifyResult> {
    return verifyObjects(this.#context, prefix, options);
  }

  /** Checks every byte of the store, and finds what no object owns. */
  scrub(options: ScrubOptions = {}): Promise<ScrubResult> {
    return scrubStore(this.#context, options);
  }

  /** Makes shards and manifests anew that are missing or damaged, the objects nearest to loss first; needs no key. */
  repair(prefix = "", options: RepairOptions = {}): Promise<RepairResult> {
    return repairObjects(this.#context, prefix, options);
  }

  /** Moves shards to where they would be put today, after backends came or went. */
  rebalance(options: WorkOptions = {}): Promise<RebalanceResult> {
    return rebalanceObjects(this.#context, options);
  }

  /** Makes the manifests anew of objects that have none, out of what their shards say of themselves. */
  rebuildIndex(options: WorkOptions = {}): Promise<RebuildResult> {
    return rebuildIndex(this.#context, options);
  }
}
