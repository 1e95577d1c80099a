import { checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { PageCache } from "@millrace/cache";
import { FileView, type Vfs } from "@millrace/files";
import type { CachedChunk } from "./reader/chunk-store.ts";
import { asPlainBytes, type Hdf5Filters } from "./reader/filters.ts";
import { GlobalHeapReader } from "./reader/global-heap.ts";
import { Hdf5ReadGroup, type Hdf5ReadObject, openObject } from "./reader/read-group.ts";
import type { ReaderContext } from "./reader/reader-context.ts";
import type { Hdf5Bytes } from "./reader/reader-file.ts";
import { openSuperblock } from "./reader/superblock.ts";
import type { Hdf5Reference } from "./reader/types.ts";

/** How an {@link Hdf5Reader} reads. */
export interface Hdf5ReaderOptions {
  /** Most bytes of decoded chunks kept; 1 B and more. @default 32 MiB */
  readonly chunkCacheBytes?: number;
  /** Most bytes of pages of the file kept; 64 KiB and more. Not used by `over`. @default 32 MiB */
  readonly pageCacheBytes?: number;
  /** Most bytes that one call may take: a file can claim any size. @default 1 GiB */
  readonly limitBytes?: number;
  /** Filters beside the built-in ones, or in place of them, by their registered numbers. @default none */
  readonly filters?: Hdf5Filters;
}

/** What {@link Hdf5ReaderOptions} are when they are not given. */
export const DEFAULT_HDF5_READER_OPTIONS: Required<Hdf5ReaderOptions> = Object.freeze({
  chunkCacheBytes: 32 * 1024 * 1024,
  pageCacheBytes: 32 * 1024 * 1024,
  limitBytes: 1024 * 1024 * 1024,
  filters: Object.freeze({}),
});

/**
 * Reads HDF5 files of any program, as they are when they are opened.
 *
 * Groups, attributes and small data are read at once; datasets offer both, a promise and a call with `Sync`. Nothing
 * is trusted: what is damaged gives CorruptDataError, what is not supported is refused by name.
 *
 * @example
 * await using reader = await Hdf5Reader.open(diskVfs, "run.h5");
 * const states = reader.root.dataset("episode_0000/states");
 * const rows = states.readRowsSync(0, 1000, "float32");
 */
export class Hdf5Reader {
  readonly path: string;
  readonly root: Hdf5ReadGroup;
  readonly #context: ReaderContext;

  private constructor(source: Hdf5Bytes, options: Required<Hdf5ReaderOptions>) {
    const { file, rootAddress } = openSuperblock(source, options.limitBytes);
    const cache = new PageCache<CachedChunk>({ capacityBytes: options.chunkCacheBytes });
    const { filters } = options;
    this.path = source.path;
    const heap = new GlobalHeapReader(file);
    this.#context = { file, heap, cache, filters, rootAddress, links: new Map() };
    const root = openObject(this.#context, rootAddress, "/");
    if (!(root instanceof Hdf5ReadGroup)) throw file.corrupt(rootAddress, `the root is a ${root.kind}`);
    this.root = root;
  }

  /**
   * Opens a file. One that is being written is seen as of its last checkpoint (or flush); open it again for more.
   * @throws CorruptDataError `HDF5_SIGNATURE_MISSING`, `HDF5_FILE_CORRUPT`
   * @throws InvalidArgumentError for a bad option, IoError when the file cannot be read
   */
  static async open(vfs: Vfs, path: string, options?: Hdf5ReaderOptions): Promise<Hdf5Reader> {
    const filled = resolveReaderOptions(options);
    const view = await FileView.open(vfs, path, { cacheBytes: filled.pageCacheBytes });
    try {
      return new Hdf5Reader(view, filled);
    } catch (error) {
      await view.close();
      throw error;
    }
  }

  /**
   * Reads a file that is in memory (a Blob's `arrayBuffer()`, say) or a view that is open, which closes with it.
   * @throws CorruptDataError, InvalidArgumentError
   */
  static over(source: Uint8Array | Hdf5Bytes, options?: Hdf5ReaderOptions): Hdf5Reader {
    const filled = resolveReaderOptions(options);
    return new Hdf5Reader(source instanceof Uint8Array ? memoryBytes(source) : source, filled);
  }

  /**
   * The object that a reference is to; its path is not known, so it is `<address>`.
   * @returns undefined for a reference to nothing
   * @throws CorruptDataError
   */
  dereference(reference: Hdf5Reference): Hdf5ReadObject | undefined {
    const { address } = reference;
    if (address <= 0) return undefined;
    return openObject(this.#context, address, `<${address}>`);
  }

  /** Closes the file; what was read stays valid. A second call does nothing. */
  async close(): Promise<void> {
    await this.#context.file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function resolveReaderOptions(options?: Hdf5ReaderOptions): Required<Hdf5ReaderOptions> {
  const filled = resolveOptions<Required<Hdf5ReaderOptions>>("hdf5", DEFAULT_HDF5_READER_OPTIONS, options);
  checkInteger("hdf5", "chunkCacheBytes", filled.chunkCacheBytes, 1, Number.MAX_SAFE_INTEGER);
  checkInteger("hdf5", "pageCacheBytes", filled.pageCacheBytes, 64 * 1024, Number.MAX_SAFE_INTEGER);
  checkInteger("hdf5", "limitBytes", filled.limitBytes, 1, Number.MAX_SAFE_INTEGER);
  for (const [id, filter] of Object.entries(filled.filters)) {
    if (typeof filter?.decode === "function") continue;
    throw new InvalidArgumentError(
      "HDF5_OPTION_VALUE",
      `hdf5 filter ${id}`,
      filter,
      "an object with decode()",
    );
  }
  return filled;
}

function memoryBytes(given: Uint8Array): Hdf5Bytes {
  const bytes = asPlainBytes(given);
  return {
    path: "bytes in memory",
    size: bytes.length,
    bytes: (offset, length) => bytes.subarray(offset, offset + length),
  };
}
