import { assert, IoError } from "@millrace/base";
import { FramePool } from "@millrace/buffers";
import { PageCache } from "@millrace/cache";
import type { VfsFile } from "@millrace/files";
import { DEFAULT_DATABASE_OPTIONS } from "../options.ts";
import { type PageFile, PlainPages } from "./page-file.ts";
import { DEFAULT_PAGE_BYTES } from "./page-format.ts";
import type { SpillFile } from "./spill-file.ts";

/**
 * Pages of one file behind a cache: loads and checks them, writes dirty ones back when they are evicted.
 *
 * Everything is synchronous. A page's bytes are valid until {@link PageStore.endOperation}, evicted or not; who
 * changes a page pins it first.
 */
export class PageStore {
  readonly file: VfsFile;
  readonly pages: PageFile;
  readonly cache: PageCache<Uint8Array<ArrayBuffer>>;
  readonly pool: FramePool;
  /** Takes the dirty pages that are evicted during a long transaction. */
  spill: SpillFile | undefined;
  /** The first failure to write the file; nothing is written after it. */
  failure: unknown;
  /** Frames of evicted pages: the running operation may still be reading them. */
  readonly #retired: Uint8Array<ArrayBuffer>[] = [];

  /** @param poolBytes - most bytes of idle page buffers, kept for reuse */
  constructor(
    file: VfsFile,
    cacheBytes: number,
    poolBytes: number = DEFAULT_DATABASE_OPTIONS.poolBytes,
    pages: PageFile = new PlainPages(file, DEFAULT_PAGE_BYTES),
  ) {
    this.file = file;
    this.pool = new FramePool({ frameBytes: pages.pageBytes, limitBytes: poolBytes });
    this.pages = pages;
    this.cache = new PageCache({
      capacityBytes: cacheBytes,
      onEvict: (number, page, isDirty) => {
        if (isDirty) this.#writeBack(number, page);
        this.#retired.push(page);
      },
    });
  }

  /** A page's bytes. @throws CorruptDataError `DOCDB_PAGE_CORRUPT`, `DOCDB_PAGE_MISSING` */
  read(number: number): Uint8Array<ArrayBuffer> {
    return this.cache.get(number) ?? this.#load(number);
  }

  /** Puts a page of zeros into the cache, whatever the file holds in its place. */
  createZeroed(number: number): Uint8Array<ArrayBuffer> {
    const cached = this.cache.peek(number);
    if (cached !== undefined) return cached.fill(0);
    const page = this.pool.take(true);
    this.#insert(number, page);
    return page;
  }

  /** Forgets a page and its changes. */
  drop(number: number): void {
    const page = this.cache.peek(number);
    if (page === undefined) return;
    this.cache.delete(number);
    this.#retired.push(page);
  }

  /** Gives the frames of evicted pages back: no bytes that `read` gave are used any more. */
  endOperation(): void {
    for (let frame = this.#retired.pop(); frame !== undefined; frame = this.#retired.pop())
      this.pool.give(frame);
  }

  /** Writes pages to their places that are still here and dirty; they are not durable before the next sync. */
  writeDirty(numbers: readonly number[]): void {
    for (const number of numbers) {
      const page = this.cache.peek(number);
      // Evicted meanwhile, it was written then.
      if (page === undefined) continue;
      this.pages.write(number, page);
      this.cache.markClean(number);
    }
  }

  /** Writes a page to its place in the file; it is not durable before the next sync. */
  write(number: number, page: Uint8Array): void {
    this.pages.write(number, page);
  }

  #load(number: number): Uint8Array<ArrayBuffer> {
    const page = this.pool.take();
    try {
      if (this.spill?.has(number) === true) this.spill.read(number, page);
      else this.pages.read(number, page);
      const isSpilled = this.spill?.has(number) === true;
      this.#insert(number, page);
      // A spilled page differs from the file for good, until the transaction ends.
      if (isSpilled) this.cache.markDirty(number);
    } catch (error) {
      if (this.cache.peek(number) !== page) this.pool.give(page);
      throw error;
    }
    return page;
  }

  #insert(number: number, page: Uint8Array<ArrayBuffer>): void {
    this.cache.set(number, page, page.length);
  }

  #writeBack(number: number, page: Uint8Array): void {
    if (this.spill !== undefined) {
      this.spill.write(number, page);
      return;
    }
    assert(this.failure === undefined, "nothing is written after a failure");
    try {
      this.pages.write(number, page);
    } catch (error) {
      if (error instanceof IoError) this.failure = error;
      throw error;
    }
  }
}
