import { checkInteger, resolveOptions } from "@millrace/base";
import { BufferPool } from "@millrace/buffers";
import { AtomicFile, type ByteStream, diskVfs, fileError, type Vfs } from "@millrace/files";
import { MemoryBudget } from "@millrace/stream";
import { checkConfig, openBackends, readConfig, type StoreConfig } from "./config.ts";
import { type ListedObject, listObjects } from "./list.ts";
import { type PutOptions, type PutResult, putObject } from "./put.ts";
import { type ReadOptions, readObject } from "./read-object.ts";
import { removeObject } from "./remove.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";
import { type VerifyResult, verifyObjects } from "./verify.ts";

/** What a store works with. */
export interface StoreOptions {
  /** The file system. @default diskVfs */
  readonly vfs?: Vfs;
  /** Most memory of all operations together; pass the process's own. @default a budget of 32 MiB */
  readonly budget?: MemoryBudget | undefined;
}

/** What {@link StoreOptions} are when they are not given. */
export const DEFAULT_STORE_OPTIONS: { readonly vfs: Vfs; readonly budget: MemoryBudget | undefined } =
  Object.freeze({ vfs: diskVfs, budget: undefined });

const DEFAULT_BUDGET_BYTES = 32 * 1024 * 1024;

/** What a get did. */
export interface GetResult {
  readonly object: string;
  readonly bytes: number;
}

/**
 * Objects in Reed-Solomon shards over directories: any `parityShards` of an object's shards may be lost.
 *
 * A put is durable (fdatasync and directory sync) when it returns. Several may run at once, in other processes of
 * this machine, too: of two puts under one name the last to commit wins, whole.
 *
 * @example
 * const store = await ErasureStore.open("store.yaml");
 * await store.put("report.pdf", "2026/report.pdf");
 * await store.get("2026/report.pdf", "copy.pdf");
 */
export class ErasureStore {
  readonly #context: StoreContext;

  private constructor(context: StoreContext) {
    this.#context = context;
  }

  /**
   * Opens a store; backends that are not there are found out when they are needed.
   * @param config - the path of a configuration that `initStore` wrote, or a configuration
   * @throws MillraceError `STORE_CONFIG_INVALID`; InvalidArgumentError for a configuration that is passed
   */
  static async open(config: string | StoreConfig, options?: StoreOptions): Promise<ErasureStore> {
    const { vfs, budget } = resolveOptions<Required<StoreOptions>>("store", DEFAULT_STORE_OPTIONS, options);
    const filled = typeof config === "string" ? await readConfig(vfs, config) : checkConfig(config);
    const memory = budget ?? new MemoryBudget(DEFAULT_BUDGET_BYTES);
    checkInteger("store", "budget", memory.limitBytes, 1, Number.MAX_SAFE_INTEGER);
    return new ErasureStore({
      vfs,
      config: filled,
      backends: openBackends(vfs, filled.backends),
      budget: memory,
      pool: new BufferPool({ limitBytes: memory.limitBytes }),
    });
  }

  /**
   * Stores a file or a stream under a name; an object of that name is replaced when the new one is durable.
   * @throws MillraceError `STORE_PUT_REFUSED` when too many backends fail; the object before stays as it was
   */
  put(input: string | ByteStream, name: string, options: PutOptions = {}): Promise<PutResult> {
    return putObject(this.#context, input, name, options);
  }

  /**
   * Writes an object to a file, which appears whole and checked, or not at all.
   * @throws as {@link read}
   */
  async get(name: string, path: string, options: ReadOptions = {}): Promise<GetResult> {
    const { vfs } = this.#context;
    if ((await vfs.exists(path)) && (await vfs.stat(path)).kind === "directory") {
      throw fileError("FILES_IS_DIRECTORY", path, "open");
    }
    const pieces = this.read(name, options);
    // The object is looked up before the file is begun: an unknown name must not even touch the disk.
    const first = await pieces.next();
    await using output = await AtomicFile.create(vfs, path);
    let bytes = 0;
    for (let next = first; next.done !== true; next = await pieces.next()) {
      await output.write(next.value);
      bytes += next.value.length;
    }
    await output.commit();
    return { object: name, bytes };
  }

  /**
   * Reads an object in order; a piece is valid until the next one is asked for.
   * @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_OBJECT_LOST`, `STORE_MANIFEST_LOST`
   * @throws CorruptDataError `STORE_OBJECT_CORRUPT`
   */
  read(name: string, options: ReadOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    return readObject(this.#context, name, options);
  }

  /** Removes exactly one object. @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_BACKENDS_ABSENT` */
  remove(name: string, options: Pick<WorkOptions, "signal"> = {}): Promise<void> {
    return removeObject(this.#context, name, options.signal);
  }

  /** The objects whose names begin with `prefix`, by name. */
  list(prefix = ""): Promise<ListedObject[]> {
    return listObjects(this.#context, prefix);
  }

  /** Checks every byte of the objects whose names begin with `prefix`. */
  verify(prefix = "", options: WorkOptions = {}): Promise<VerifyResult> {
    return verifyObjects(this.#context, prefix, options);
  }
}
