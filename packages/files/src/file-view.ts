import { ClosedError, checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import {
  bytesPerElement,
  type ElementKind,
  newTypedArray,
  type TypedArrayOf,
  viewAs,
} from "@millrace/buffers";
import { PageCache } from "@millrace/cache";
import { readFullSync } from "./read-full.ts";
import type { Vfs, VfsFile } from "./vfs.ts";

/** How much of a file a view holds in memory. */
export interface FileViewOptions {
  /** Bytes read and cached at a time; a power of two from 512 to 64 MiB. @default 64 KiB */
  readonly pageBytes?: number;
  /** Most bytes of pages kept; at least one page. @default 64 MiB */
  readonly cacheBytes?: number;
}

/** What {@link FileViewOptions} are when they are not given. */
export const DEFAULT_FILE_VIEW_OPTIONS: Required<FileViewOptions> = Object.freeze({
  pageBytes: 64 * 1024,
  cacheBytes: 64 * 1024 * 1024,
});

/** What a {@link FileView} did so far. */
export interface FileViewStats {
  /** Reads answered by a view of a cached page. */
  readonly views: number;
  /** Reads that had to copy: across pages, or a column that is not aligned. */
  readonly copies: number;
  readonly pageHits: number;
  readonly pageMisses: number;
  readonly cachedBytes: number;
}

/** A range of a file that stays cached until it is disposed of. */
export interface PinnedBytes extends Disposable {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** True when the range crosses pages: it is a copy then, and nothing is pinned. */
  readonly isCopy: boolean;
}

/**
 * Random access to a file that does not change, through cached pages: the nearest to a memory map there is in Node.
 *
 * Reads are synchronous and return views of the cached page where the range lies in one page, copies where not;
 * {@link isView} says which. Views are for reading. Evicted pages are left to the garbage collector and never used
 * again, so a view stays right for as long as it is held; it then keeps its page in memory beyond `cacheBytes`.
 *
 * @example
 * await using view = await FileView.open(diskVfs, "spikes.bin");
 * const times = view.column("float64", 64, 1000);
 */
export class FileView {
  readonly path: string;
  /** Size in bytes when it was opened. */
  readonly size: number;
  readonly pageBytes: number;
  readonly #file: VfsFile;
  readonly #cache: PageCache<Uint8Array<ArrayBuffer>>;
  #views = 0;
  #copies = 0;
  #isClosed = false;

  private constructor(file: VfsFile, size: number, options: Required<FileViewOptions>) {
    this.path = file.path;
    this.size = size;
    this.pageBytes = options.pageBytes;
    this.#file = file;
    this.#cache = new PageCache({ capacityBytes: options.cacheBytes });
  }

  /**
   * @throws InvalidArgumentError for an unknown option or one out of its range
   * @throws IoError when the file cannot be opened
   */
  static async open(vfs: Vfs, path: string, options?: FileViewOptions): Promise<FileView> {
    const filled = resolveOptions<Required<FileViewOptions>>("files", DEFAULT_FILE_VIEW_OPTIONS, options);
    checkInteger("files", "log2(pageBytes)", Math.log2(filled.pageBytes), 9, 26);
    checkInteger("files", "cacheBytes", filled.cacheBytes, filled.pageBytes, Number.MAX_SAFE_INTEGER);
    const file = await vfs.open(path, "r");
    try {
      return new FileView(file, await file.size(), filled);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Whether {@link bytes} of this range is a view and no copy: it lies in one page. */
  isView(offset: number, length: number): boolean {
    return (
      Math.floor(offset / this.pageBytes) === Math.floor((offset + Math.max(length, 1) - 1) / this.pageBytes)
    );
  }

  /**
   * The bytes [offset, offset + length).
   * @throws InvalidArgumentError `FILES_VIEW_RANGE` for a range outside the file
   * @throws IoError, CorruptDataError when the file cannot be read, or was cut short meanwhile
   */
  bytes(offset: number, length: number): Uint8Array<ArrayBuffer> {
    this.#check(offset, length);
    if (length === 0) return new Uint8Array(0);
    if (!this.isView(offset, length)) return this.#copy(offset, new Uint8Array(length));
    this.#views++;
    const page = this.#page(Math.floor(offset / this.pageBytes));
    const start = offset % this.pageBytes;
    return page.subarray(start, start + length);
  }

  /**
   * `count` elements from byte `offset` on: a view when they lie in one page and are aligned, else a copy.
   * @throws as {@link bytes} does
   */
  column<K extends ElementKind>(kind: K, offset: number, count: number): TypedArrayOf<K, ArrayBuffer> {
    const size = bytesPerElement(kind);
    this.#check(offset, count * size);
    if (count > 0 && offset % size === 0 && this.isView(offset, count * size)) {
      this.#views++;
      const page = this.#page(Math.floor(offset / this.pageBytes));
      return viewAs(kind, page.buffer, offset % this.pageBytes, count);
    }
    const column = newTypedArray(kind, count);
    if (count > 0) this.#copy(offset, new Uint8Array(column.buffer));
    return column;
  }

  /**
   * {@link bytes} whose page is not evicted until the result is disposed of: `using pinned = view.pin(0, 100)`.
   * @throws CapacityError `CACHE_ENTRIES_PINNED` when pinned pages fill the cache
   */
  pin(offset: number, length: number): PinnedBytes {
    const bytes = this.bytes(offset, length);
    if (length === 0 || !this.isView(offset, length))
      return { bytes, isCopy: true, [Symbol.dispose]: () => {} };
    const page = Math.floor(offset / this.pageBytes);
    this.#cache.pin(page);
    let isPinned = true;
    const dispose = (): void => {
      if (isPinned && !this.#isClosed) this.#cache.unpin(page);
      isPinned = false;
    };
    return { bytes, isCopy: false, [Symbol.dispose]: dispose };
  }

  stats(): FileViewStats {
    const { hits, misses, bytes } = this.#cache.statistics;
    return {
      views: this.#views,
      copies: this.#copies,
      pageHits: hits,
      pageMisses: misses,
      cachedBytes: bytes,
    };
  }

  /** Closes the file; what was read stays valid. A second call does nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #page(index: number): Uint8Array<ArrayBuffer> {
    const cached = this.#cache.get(index);
    if (cached !== undefined) return cached;
    const start = index * this.pageBytes;
    const page = new Uint8Array(Math.min(this.pageBytes, this.size - start));
    readFullSync(this.#file, page, start);
    this.#cache.set(index, page, page.length);
    return page;
  }

  /** Small ranges come from the pages; one above a page is read directly, for it would only drive others out. */
  #copy(offset: number, into: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.#copies++;
    if (into.length > this.pageBytes) {
      readFullSync(this.#file, into, offset);
      return into;
    }
    for (let done = 0; done < into.length; ) {
      const start = (offset + done) % this.pageBytes;
      const part = this.#page(Math.floor((offset + done) / this.pageBytes)).subarray(
        start,
        start + into.length - done,
      );
      into.set(part, done);
      done += part.length;
    }
    return into;
  }

  #check(offset: number, length: number): void {
    if (this.#isClosed) throw new ClosedError("FILES_VIEW_CLOSED", `the view of ${this.path}`);
    if (Number.isSafeInteger(offset) && Number.isSafeInteger(length)) {
      if (offset >= 0 && length >= 0 && offset + length <= this.size) return;
    }
    throw new InvalidArgumentError(
      "FILES_VIEW_RANGE",
      `${length} bytes of ${this.path}`,
      offset,
      `a range inside its ${this.size} bytes`,
    );
  }
}
