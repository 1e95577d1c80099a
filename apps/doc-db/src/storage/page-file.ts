import { CorruptDataError } from "@millrace/base";
import type { VfsFile } from "@millrace/files";
import { checkPage, sealPage } from "./page-format.ts";

/** What went between pages and their file since it was opened. */
export interface PageIo {
  pagesRead: number;
  pagesWritten: number;
  /** Bytes of the file, those of map pages too. */
  bytesRead: number;
  bytesWritten: number;
  compressMs: number;
  decompressMs: number;
  encryptMs: number;
  decryptMs: number;
}

/** Counters at their beginning. */
export function newPageIo(): PageIo {
  return {
    pagesRead: 0,
    pagesWritten: 0,
    bytesRead: 0,
    bytesWritten: 0,
    compressMs: 0,
    decompressMs: 0,
    encryptMs: 0,
    decryptMs: 0,
  };
}

/** Where the pages of a file lie, for its header. */
export interface PackedLayout {
  /** Levels of the page map. */
  readonly levels: number;
  /** The entry of the map's root page. */
  readonly root: Uint8Array;
  /** Units of the file. */
  readonly units: number;
}

/** Pages in a file. What is written is not durable before the file is synced. */
export interface PageFile {
  readonly file: VfsFile;
  /** Bytes of each page. */
  readonly pageBytes: number;
  readonly io: PageIo;
  /** Pages written before others get their turn: a millisecond's work, about. */
  readonly pagesAtOnce: number;
  /** Fills `into` with a page and checks it. @throws CorruptDataError `DOCDB_PAGE_CORRUPT`, `DOCDB_PAGE_MISSING` */
  read(number: number, into: Uint8Array): void;
  /** Writes a page, whose checksum is put in. */
  write(number: number, page: Uint8Array): void;
  /** Checks what leads to the pages. @returns what is wrong, a sentence each */
  check(): string[];
  /** Writes what a header has to say of the pages that were written. @param isClosing - and gives free space back */
  saveLayout(isClosing: boolean): PackedLayout | undefined;
  /** After the header with that layout is durable: what only the layout before needed is free. */
  settle(): void;
  /** Leaves what the present layout needs where it is, through later layouts too, until the hold is let go. */
  hold(): () => void;
}

/** Page n at n times the bytes of a page. */
export class PlainPages implements PageFile {
  readonly file: VfsFile;
  readonly pageBytes: number;
  readonly io: PageIo = newPageIo();
  readonly pagesAtOnce = 128;

  constructor(file: VfsFile, pageBytes: number) {
    this.file = file;
    this.pageBytes = pageBytes;
  }

  read(number: number, into: Uint8Array): void {
    const at = number * this.pageBytes;
    const count = this.file.readSync(into, at);
    this.io.pagesRead++;
    this.io.bytesRead += count;
    if (count < this.pageBytes) {
      const problem = `page ${number} should be here, the file ends ${count} bytes into it; it was cut off, restore it from a copy`;
      throw new CorruptDataError("DOCDB_PAGE_MISSING", this.file.path, at, problem);
    }
    checkPage(into, number, this.file.path, at);
  }

  write(number: number, page: Uint8Array): void {
    sealPage(page);
    this.file.writeSync(page, number * this.pageBytes);
    this.io.pagesWritten++;
    this.io.bytesWritten += this.pageBytes;
  }

  check(): string[] {
    return [];
  }

  saveLayout(): undefined {}

  settle(): void {}

  hold(): () => void {
    return () => {};
  }
}
