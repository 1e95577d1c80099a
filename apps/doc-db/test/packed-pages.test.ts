import { seededRandom, writeU32 } from "@millrace/base";
import { MemoryVfs, type VfsFile } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { newFileCipher } from "../src/storage/file-cipher.ts";
import { FreeUnits } from "../src/storage/free-units.ts";
import { emptyLayout, PackedPages, UNIT_BYTES } from "../src/storage/packed-pages.ts";
import { PageCodec, type PageCompression } from "../src/storage/page-codec.ts";
import { newPageIo, type PackedLayout } from "../src/storage/page-file.ts";
import { DEFAULT_PAGE_BYTES, initPage, PAGE_TYPE } from "../src/storage/page-format.ts";

const VARIANTS = [
  ["compressed", "zstd", false],
  ["encrypted", "none", true],
  ["compressed and encrypted", "deflate", true],
] as const;

/** Random text of a few words behind a page's head: it compresses, each page otherwise. */
function newPage(number: number, seed: number): Uint8Array {
  const page = new Uint8Array(DEFAULT_PAGE_BYTES);
  initPage(page, number, PAGE_TYPE.leaf);
  const random = seededRandom(seed);
  const end = random.nextInt(100, DEFAULT_PAGE_BYTES);
  for (let at = 24; at + 4 <= end; at += 4)
    writeU32(page, at, random.nextInt(0, seed % 3 === 0 ? 5 : 2 ** 31));
  return page;
}

class Disk {
  readonly vfs = new MemoryVfs();
  readonly compression: PageCompression;
  readonly cipher;
  file!: VfsFile;

  constructor(compression: PageCompression, isEncrypted: boolean) {
    this.compression = compression;
    this.cipher = isEncrypted ? newFileCipher(new Uint8Array(32).fill(7)) : undefined;
  }

  async open(layout: PackedLayout = emptyLayout(DEFAULT_PAGE_BYTES)): Promise<PackedPages> {
    this.file ??= await this.vfs.open("p", "create");
    const io = newPageIo();
    const codec = new PageCodec(this.compression, this.cipher, io);
    return new PackedPages(this.file, codec, io, layout, DEFAULT_PAGE_BYTES);
  }

  /** Flips a bit; called twice it takes that back. */
  flip(at: number, bit: number): void {
    const byte = new Uint8Array(1);
    this.file.readSync(byte, at);
    byte[0]! ^= 1 << bit;
    this.file.writeSync(byte, at);
  }
}

function readAll(pages: PackedPages, expected: ReadonlyMap<number, Uint8Array>): void {
  const into = new Uint8Array(DEFAULT_PAGE_BYTES);
  for (const [number, page] of expected) {
    pages.read(number, into);
    expect(Buffer.compare(into.subarray(24), page.subarray(24)), `page ${number}`).toBe(0);
  }
}

describe.each(VARIANTS)("pages that are %s", (_name, compression, isEncrypted) => {
  it("are found again through the layout that was saved, and those of the layout before until it is settled", async () => {
    const disk = new Disk(compression, isEncrypted);
    const pages = await disk.open();
    const random = seededRandom(1);
    const now = new Map<number, Uint8Array>();
    let layout: PackedLayout = emptyLayout(DEFAULT_PAGE_BYTES);
    let saved = new Map<number, Uint8Array>();
    for (let checkpoint = 0; checkpoint < 12; checkpoint++) {
      for (let i = 0; i < 60; i++) {
        // Over several pages of the map.
        const number = random.nextInt(0, 20) * 150 + random.nextInt(0, 5);
        const page = newPage(number, random.nextU32());
        pages.write(number, page);
        now.set(number, page.slice());
      }
      readAll(pages, now);
      const next = pages.saveLayout(false);
      // A crash here goes back to the layout before.
      if (checkpoint > 0) readAll(await disk.open(layout), saved);
      pages.settle();
      layout = next;
      saved = new Map(now);
      readAll(await disk.open(layout), saved);
    }
    const live = [...saved].length * DEFAULT_PAGE_BYTES;
    expect(await disk.file.size()).toBeLessThan(3 * live);
  });

  it("have numbers up to the highest, in a map of several levels", async () => {
    const disk = new Disk(compression, isEncrypted);
    const pages = await disk.open();
    const written = new Map<number, Uint8Array>();
    for (const number of [2, 225, 226, 1020, 1021, 60_000, 2_000_000, 0xffff_fffe]) {
      const page = newPage(number, number);
      pages.write(number, page);
      written.set(number, page);
    }
    const layout = pages.saveLayout(true);
    expect(layout.levels).toBe(isEncrypted ? 5 : 4);
    const again = await disk.open(layout);
    readAll(again, written);
    expect(() => again.read(3, new Uint8Array(DEFAULT_PAGE_BYTES))).toThrow(/page 3 is not in the file/);
    // The free space is known from the map alone.
    again.write(3, newPage(3, 3));
    again.saveLayout(false);
    readAll(again, written);
  });

  it("are as they were or damaged after any bit flips, and the map is there twice", async () => {
    const disk = new Disk(compression, isEncrypted);
    const pages = await disk.open();
    const written = new Map<number, Uint8Array>();
    for (let number = 0; number < 12; number++) {
      const page = newPage(number, number);
      pages.write(number, page);
      written.set(number, page);
    }
    const layout = pages.saveLayout(false);
    const size = await disk.file.size();
    const random = seededRandom(3);
    let found = 0;
    for (let i = 0; i < 400; i++) {
      const at = random.nextInt(32 * UNIT_BYTES, size - 1);
      const bit = random.nextInt(0, 7);
      disk.flip(at, bit);
      const again = await disk.open(layout);
      for (const [number, page] of written) {
        try {
          readAll(again, new Map([[number, page]]));
        } catch (error) {
          expect(error).toMatchObject({ code: "DOCDB_PAGE_CORRUPT" });
          expect(String(error)).toMatch(new RegExp(`page ${number} `));
          found++;
        }
      }
      disk.flip(at, bit);
    }
    expect(found).toBeGreaterThan(200);
    // Never more than one page for one flip: not the map's pages.
    expect(found).toBeLessThanOrEqual(400);
  });
});

describe("encrypted pages", () => {
  it("are refused in another page's place, and an old one in the place of a new one", async () => {
    const disk = new Disk("none", true);
    const pages = await disk.open();
    for (let number = 0; number < 3; number++) pages.write(number, newPage(number, number));
    pages.saveLayout(false);
    pages.settle();
    const first = new Uint8Array(DEFAULT_PAGE_BYTES);
    const start = 32 * UNIT_BYTES;
    disk.file.readSync(first, start);
    disk.file.writeSync(first, start + DEFAULT_PAGE_BYTES);
    const into = new Uint8Array(DEFAULT_PAGE_BYTES);
    expect(() => pages.read(1, into)).toThrow(/not what was encrypted for this place/);
    pages.read(2, into);
    // Page 0 moves on; its place is free with the next checkpoint, and taken by another version of it then.
    pages.write(0, newPage(0, 100));
    pages.saveLayout(false);
    pages.settle();
    pages.write(0, newPage(0, 101));
    pages.read(0, into);
    const places = Array.from({ length: 30 }, (_, i) => start + i * UNIT_BYTES);
    for (const place of places) {
      const before = new Uint8Array(DEFAULT_PAGE_BYTES);
      if (disk.file.readSync(before, place) < DEFAULT_PAGE_BYTES) continue;
      disk.file.writeSync(first, place);
    }
    expect(() => pages.read(0, into)).toThrow(/or an older one/);
  });
});

describe("free units", () => {
  it("are what a naive list of them says, through random takes and releases", () => {
    const random = seededRandom(5);
    const free = new FreeUnits(32, 32);
    const taken = new Map<number, number>();
    const used = new Set<number>();
    for (let step = 0; step < 20_000; step++) {
      if (random.next() < 0.55 || taken.size === 0) {
        const count = random.nextInt(1, 34);
        const start = free.allocate(count);
        expect(start).toBeGreaterThanOrEqual(32);
        for (let unit = start; unit < start + count; unit++) {
          if (used.has(unit)) expect.fail(`unit ${unit} was given twice`);
          used.add(unit);
        }
        taken.set(start, count);
      } else {
        const starts = [...taken.keys()];
        const start = starts[random.nextInt(0, starts.length - 1)]!;
        const count = taken.get(start)!;
        free.release(start, count);
        taken.delete(start);
        for (let unit = start; unit < start + count; unit++) used.delete(unit);
      }
      if (taken.size > 300) {
        for (const [start, count] of taken) {
          free.release(start, count);
          for (let unit = start; unit < start + count; unit++) used.delete(unit);
        }
        taken.clear();
      }
    }
    expect(free.free).toBe(free.end - 32 - used.size);
    // Used again rather than made longer: never much more than what was in use at a time.
    expect(free.end).toBeLessThan(12_000);
    expect(free.trim()).toBe(Math.max(32, ...[...used].map((unit) => unit + 1)));
  });
});
