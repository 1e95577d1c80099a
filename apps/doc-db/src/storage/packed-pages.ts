import { CorruptDataError } from "@millrace/base";
import type { VfsFile } from "@millrace/files";
import { FreeUnits } from "./free-units.ts";
import type { PageCodec } from "./page-codec.ts";
import type { PackedLayout, PageFile, PageIo } from "./page-file.ts";
import { checkPage, isPageWhole, sealPage } from "./page-format.ts";
import {
  type Entry,
  formOf,
  MAX_ENTRY_BYTES,
  type MapStorage,
  PageMap,
  setEntry,
  storedBytesOf,
  unitOf,
} from "./page-map.ts";

/** A sector of a disk: no two pages share one, so that a torn write damages one of them at the most. */
export const UNIT_BYTES = 512;
/** The two header copies lie before the pages, as in other files. */
function headerUnits(pageBytes: number): number {
  return (2 * pageBytes) / UNIT_BYTES;
}

/** What a file without pages has. */
export function emptyLayout(pageBytes: number): PackedLayout {
  return { levels: 0, root: new Uint8Array(MAX_ENTRY_BYTES), units: headerUnits(pageBytes) };
}

/**
 * Pages that are compressed, encrypted or both, each in as many units as it needs. A page is never written over: it
 * gets another place, and its old one is free after the next checkpoint, since a crash before goes back to it.
 */
export class PackedPages implements PageFile, MapStorage {
  readonly file: VfsFile;
  readonly pageBytes: number;
  readonly io: PageIo;
  readonly pagesAtOnce = 16;
  readonly codec: PageCodec;
  readonly #map: PageMap;
  /** Made with the first write: reading needs none of it, and it takes the whole map. */
  #free: FreeUnits | undefined;
  #units: number;
  /** First units of places taken since the last checkpoint, which no header knows of. */
  readonly #young = new Set<number>();
  /** Places that the last header's map needs, as unit and count. */
  readonly #old: { readonly unit: number; readonly count: number }[] = [];
  /** Who reads the places of an earlier header. */
  #holds = 0;
  /** For stored bytes: a map page twice. */
  readonly #block: Uint8Array;

  constructor(file: VfsFile, codec: PageCodec, io: PageIo, layout: PackedLayout, pageBytes: number) {
    this.file = file;
    this.pageBytes = pageBytes;
    this.#block = new Uint8Array(2 * pageBytes);
    this.codec = codec;
    this.io = io;
    this.#units = layout.units;
    this.#map = new PageMap(this, codec.cipher !== undefined, layout.levels, layout.root);
  }

  read(number: number, into: Uint8Array): void {
    const entry = this.#map.find(number);
    this.io.pagesRead++;
    if (entry === undefined) {
      const problem = `page ${number} is not in the file; restore the file from a copy`;
      throw new CorruptDataError("DOCDB_PAGE_MISSING", this.file.path, 0, problem);
    }
    const problem = this.codec.restore(this.#readPlace(entry, 0), "page", 0, number, entry, into);
    const at = unitOf(entry) * UNIT_BYTES;
    if (problem !== undefined) throw this.#corrupt(at, `page ${number} ${problem}`);
    checkPage(into, number, this.file.path, at);
  }

  write(number: number, page: Uint8Array): void {
    // Known before the map changes: it is made of the map.
    this.#freeUnits();
    sealPage(page);
    const entry = this.#map.change(number);
    const { bytes, form } = this.codec.compress(page, UNIT_BYTES);
    const sealed = this.codec.encrypt(bytes, "page", 0, number, entry);
    this.#put(sealed, form, entry, 1);
    this.io.pagesWritten++;
  }

  readMap(level: number, index: number, entry: Entry): Uint8Array {
    const page = new Uint8Array(this.pageBytes);
    if (this.#readMapCopy(level, index, entry, 0, page) === undefined) return page;
    const failure = this.#readMapCopy(level, index, entry, 1, page);
    if (failure === undefined) return page;
    throw failure;
  }

  check(): string[] {
    const problems: string[] = [];
    const page = new Uint8Array(this.pageBytes);
    try {
      for (const [entry, level, index] of this.#map.entries()) {
        if (level < 0) continue;
        for (let copy = 0; copy < 2; copy++) {
          const failure = this.#readMapCopy(level, index, entry, copy, page);
          if (failure !== undefined) problems.push(failure.message);
        }
      }
    } catch (error) {
      // Both copies of a map page: what is below it cannot be looked for, and is told of page by page.
      if (!(error instanceof CorruptDataError)) throw error;
    }
    return problems;
  }

  #readMapCopy(
    level: number,
    index: number,
    entry: Entry,
    copy: number,
    page: Uint8Array,
  ): CorruptDataError | undefined {
    const problem = this.codec.restore(this.#readPlace(entry, copy), "map", level, index, entry, page);
    const at = (unitOf(entry) + copy * unitsFor(storedBytesOf(entry))) * UNIT_BYTES;
    const what = `copy ${copy + 1} of page ${index} of level ${level} of the page map`;
    if (problem !== undefined) return this.#corrupt(at, `${what} ${problem}`);
    return isPageWhole(page, index) ? undefined : this.#corrupt(at, `${what} has another checksum`);
  }

  writeMap(level: number, index: number, page: Uint8Array, entry: Entry): void {
    sealPage(page);
    const { bytes, form } = this.codec.compress(page, UNIT_BYTES);
    this.#put(this.codec.encrypt(bytes, "map", level, index, entry), form, entry, 2);
  }

  saveLayout(isClosing: boolean): PackedLayout {
    this.#map.save();
    if (isClosing && this.#free !== undefined) this.#units = this.#free.trim();
    return { levels: this.#map.levels, root: this.#map.root.slice(), units: this.#units };
  }

  settle(): void {
    this.#young.clear();
    if (this.#holds > 0) return;
    for (const { unit, count } of this.#old.splice(0)) this.#free!.release(unit, count);
  }

  hold(): () => void {
    this.#holds++;
    let isHeld = true;
    return () => {
      if (isHeld) this.#holds--;
      isHeld = false;
    };
  }

  /** Units that hold pages, and those that do not, as far as it is known without reading the map. */
  get units(): number {
    return this.#units;
  }

  /** Writes bytes `copies` times to a new place, and gives the old one up. */
  #put(bytes: Uint8Array, form: number, entry: Entry, copies: number): void {
    const free = this.#freeUnits();
    const isThere = formOf(entry) !== 0;
    const oldUnit = unitOf(entry);
    const oldCount = copies * unitsFor(storedBytesOf(entry));
    const each = unitsFor(bytes.length);
    const count = copies * each;
    const unit = free.allocate(count);
    const block = this.#block.subarray(0, count * UNIT_BYTES);
    block.fill(0);
    for (let copy = 0; copy < copies; copy++) block.set(bytes, copy * each * UNIT_BYTES);
    this.file.writeSync(block, unit * UNIT_BYTES);
    this.io.bytesWritten += block.length;
    setEntry(entry, unit, bytes.length, form);
    this.#young.add(unit);
    this.#units = free.end;
    if (!isThere) return;
    if (this.#young.delete(oldUnit)) free.release(oldUnit, oldCount);
    else this.#old.push({ unit: oldUnit, count: oldCount });
  }

  #readPlace(entry: Entry, copy: number): Uint8Array {
    const length = Math.min(storedBytesOf(entry), this.pageBytes);
    const bytes = this.#block.subarray(0, length);
    const count = this.file.readSync(bytes, (unitOf(entry) + copy * unitsFor(length)) * UNIT_BYTES);
    this.io.bytesRead += count;
    return bytes.subarray(0, count);
  }

  #freeUnits(): FreeUnits {
    if (this.#free !== undefined) return this.#free;
    const free = new FreeUnits(headerUnits(this.pageBytes), this.#units);
    for (const [entry, level] of this.#map.entries()) {
      const unit = unitOf(entry);
      if (free.take(unit, (level < 0 ? 1 : 2) * unitsFor(storedBytesOf(entry)))) continue;
      throw this.#corrupt(
        unit * UNIT_BYTES,
        "the page map has two pages in one place, or one behind the end",
      );
    }
    this.#free = free;
    return free;
  }

  #corrupt(at: number, problem: string): CorruptDataError {
    const text = `${problem}; the disk or a copy damaged it; restore the file from a copy`;
    return new CorruptDataError("DOCDB_PAGE_CORRUPT", this.file.path, at, text);
  }
}

function unitsFor(bytes: number): number {
  return Math.ceil(bytes / UNIT_BYTES);
}
