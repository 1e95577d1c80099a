import { seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { createTree, deleteFromTree, putInTree } from "../src/btree/tree.ts";
import { PostingWriter } from "../src/indexes/posting-writer.ts";
import { changedBlocks, noteAllChanged, noteChanged, noteUnchanged } from "../src/storage/changed-blocks.ts";
import { RECORD_HEAD_BYTES } from "../src/storage/commit-record.ts";
import { pageCountOf } from "../src/storage/meta-page.ts";
import { applyPageChange, parsePageChange } from "../src/storage/page-diff.ts";
import { META_PAGE, PAGE_SIZES } from "../src/storage/page-format.ts";
import type { Pager } from "../src/storage/pager.ts";
import { hex, newPager } from "./new-pager.ts";

/** The pages as the log alone rebuilds them. */
async function replay(pager: Pager): Promise<Map<number, Uint8Array>> {
  const pages = new Map<number, Uint8Array>();
  for await (const { payload } of pager.wal.read(1)) {
    for (let at = RECORD_HEAD_BYTES; at < payload.length; ) {
      const change = parsePageChange(payload, at);
      const page = pages.get(change.page) ?? new Uint8Array(pager.pageBytes);
      applyPageChange(payload, change, page);
      pages.set(change.page, page);
      at = change.end;
    }
  }
  return pages;
}

describe("blocks noted as changed", () => {
  it.each([
    ["the first byte", 8192, 4, 5, 1],
    ["a block's last byte", 8192, 255, 256, 1],
    ["two bytes in two blocks", 8192, 255, 257, 3],
    ["the last byte", 8192, 8191, 8192, 1 << 31],
    ["all", 8192, 4, 8192, -1],
    ["none", 8192, 300, 300, 0],
    ["two bytes in two blocks of a small page", 4096, 127, 129, 3],
    ["the last byte of a small page", 4096, 4095, 4096, 1 << 31],
    ["two bytes in two blocks of a large page", 32768, 1023, 1025, 3],
    ["all of a large page", 32768, 0, 32768, -1],
  ])("are those that the bytes lie in: %s", (_name, pageBytes, start, end, expected) => {
    const page = new Uint8Array(pageBytes);
    noteUnchanged(page);
    noteChanged(page, start, end);
    expect(changedBlocks(page)).toBe(expected);
    noteAllChanged(page);
    expect(changedBlocks(page)).toBe(-1);
  });

  it.each(PAGE_SIZES)(
    "are all that a tree's changes touch: the log alone rebuilds pages of %i bytes",
    async (pageBytes) => {
      const pager = await newPager(pageBytes);
      const random = seededRandom(29);
      const root = createTree(pager);
      const postings = createTree(pager);
      // Hundreds of cells a page, whose slots take several blocks.
      const small = createTree(pager);
      const keys = new Set<string>();
      for (let step = 0; step < 5000; step++) {
        const key = random.fill(new Uint8Array(random.nextInt(2, 4)));
        key[0] = random.nextInt(0, 3);
        if (random.next() < (step % 2500 < 1500 ? 0.75 : 0.25)) {
          // Values of one length take each other's place.
          const value = random.fill(new Uint8Array(random.next() < 0.5 ? 16 : random.nextInt(0, 900)));
          putInTree(pager, root, key, value, true);
          putInTree(pager, small, key, value.subarray(0, 1), true);
          if (!keys.has(hex(key))) new PostingWriter(pager, postings).addOne(key, key.length - 1);
          keys.add(hex(key));
        } else {
          deleteFromTree(pager, root, key);
          deleteFromTree(pager, small, key);
          if (keys.delete(hex(key))) new PostingWriter(pager, postings).remove(key, key.length - 1);
        }
        if (random.next() < 0.3) await pager.commit();
      }
      await pager.commit();
      await pager.wal.flush();
      const pages = await replay(pager);
      expect(pages.size * pageBytes).toBeGreaterThan(800_000);
      const differing: number[] = [];
      for (const [number, page] of pages)
        if (Buffer.compare(page.subarray(4), pager.read(number).subarray(4)) !== 0) differing.push(number);
      expect(differing).toEqual([]);
      expect(pages.size).toBe(pageCountOf(pager.read(META_PAGE)) - 3);
    },
  );
});
