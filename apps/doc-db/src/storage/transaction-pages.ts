import { assert, CapacityError } from "@millrace/base";
import {
  freeCountOf,
  freeHeadOf,
  nextFreeOf,
  pageCountOf,
  setFreeChain,
  setNextFree,
  setPageCount,
} from "./meta-page.ts";
import { initPage, META_PAGE, PAGE_TYPE } from "./page-format.ts";
import type { PageReader } from "./page-reader.ts";
import type { PageWriter } from "./page-writer.ts";

/** Bytes of changed pages that a transaction over several calls may hold. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Pages that a transaction changed, in layers over those of the database: a layer a savepoint, one a running change. */
export class TransactionPages implements PageWriter {
  readonly touched: undefined;
  readonly #base: PageReader;
  readonly #layers: Map<number, Uint8Array>[] = [new Map()];
  #bytes = 0;

  constructor(base: PageReader) {
    this.#base = base;
  }

  get path(): string {
    return this.#base.path;
  }

  get pageBytes(): number {
    return this.#base.pageBytes;
  }

  /** How many savepoints and changes are open. */
  get depth(): number {
    return this.#layers.length;
  }

  /** All changed pages; only when no savepoint is open. */
  get changed(): ReadonlyMap<number, Uint8Array> {
    assert(this.#layers.length === 1, "savepoints are released before a commit");
    return this.#layers[0]!;
  }

  read(number: number): Uint8Array {
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      const page = this.#layers[i]!.get(number);
      if (page !== undefined) return page;
    }
    return this.#base.read(number);
  }

  modify(number: number): Uint8Array {
    return this.#layers.at(-1)!.get(number) ?? this.#put(number, this.read(number).slice());
  }

  /** Its pages become those of the database as a whole. */
  modifyNoted(number: number): Uint8Array {
    return this.modify(number);
  }

  allocate(type: number): { number: number; page: Uint8Array } {
    const meta = this.modify(META_PAGE);
    const free = freeHeadOf(meta);
    const number = free === 0 ? pageCountOf(meta) : free;
    const page = free === 0 ? this.#put(number, new Uint8Array(this.pageBytes)) : this.modify(free);
    if (free === 0) setPageCount(meta, number + 1);
    else setFreeChain(meta, nextFreeOf(page), freeCountOf(meta) - 1);
    initPage(page, number, type);
    return { number, page };
  }

  free(number: number): void {
    const meta = this.modify(META_PAGE);
    const page = this.modify(number);
    initPage(page, number, PAGE_TYPE.free);
    setNextFree(page, freeHeadOf(meta));
    setFreeChain(meta, number, freeCountOf(meta) + 1);
  }

  settle(): void {}

  endOperation(): void {}

  /** Begins a layer that can be taken back. */
  push(): void {
    this.#layers.push(new Map());
  }

  /** Makes the last layer a part of the one below. */
  merge(): void {
    const top = this.#layers.pop()!;
    const below = this.#layers.at(-1)!;
    for (const [number, page] of top) {
      if (below.has(number)) this.#bytes -= page.length;
      below.set(number, page);
    }
  }

  /** Takes the last layer back. */
  pop(): void {
    for (const page of this.#layers.pop()!.values()) this.#bytes -= page.length;
  }

  #put(number: number, page: Uint8Array): Uint8Array {
    this.#bytes += page.length;
    if (this.#bytes > MAX_BYTES)
      throw new CapacityError(
        "DOCDB_TRANSACTION_TOO_LARGE",
        "pages of a transaction",
        this.#bytes,
        MAX_BYTES,
      );
    this.#layers.at(-1)!.set(number, page);
    return page;
  }
}
