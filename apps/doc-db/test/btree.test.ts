import { seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { MAX_KEY_BYTES } from "../src/btree/node-layout.ts";
import { ALL_KEYS, pagesOfTree, scanTree } from "../src/btree/scan.ts";
import { createTree, deleteFromTree, getFromTree, putInTree } from "../src/btree/tree.ts";
import { freeCountOf, pageCountOf } from "../src/storage/meta-page.ts";
import { META_PAGE, PAGE_SIZES } from "../src/storage/page-format.ts";
import { hex, newPager } from "./new-pager.ts";

describe.each(PAGE_SIZES)("a tree of pages of %i bytes", (pageBytes) => {
  it.each([
    ["short keys", 4, 20],
    ["keys that share long beginnings", 900, 10],
    ["the longest keys", MAX_KEY_BYTES, 40],
    ["values in overflow pages", 12, 9000],
  ])(
    "holds what a sorted array holds, through random puts, deletes and scans: %s",
    async (_name, keyBytes, valueBytes) => {
      const pager = await newPager(pageBytes);
      const root = createTree(pager);
      const model = new Map<string, Uint8Array>();
      const random = seededRandom(keyBytes);
      const newKey = (): Uint8Array => {
        const key = new Uint8Array(keyBytes);
        key[keyBytes - 1] = random.nextInt(0, 255);
        key[keyBytes - 2] = random.nextInt(0, 3);
        return random.next() < 0.5 ? key : key.subarray(0, random.nextInt(1, keyBytes));
      };
      for (let step = 0; step < 6000; step++) {
        const key = newKey();
        // It grows, then shrinks to nothing, then grows again.
        const isGrowing = step % 4000 < 2000;
        if (random.next() < (isGrowing ? 0.8 : 0.1)) {
          const value = random.fill(new Uint8Array(random.nextInt(0, valueBytes)));
          const mayReplace = random.next() < 0.7;
          const isThere = model.has(hex(key));
          expect(putInTree(pager, root, key, value, mayReplace)).toBe(mayReplace || !isThere);
          if (mayReplace || !isThere) model.set(hex(key), value);
        } else {
          const target =
            model.size > 0 && random.next() < 0.7
              ? Uint8Array.from(Buffer.from([...model.keys()][random.nextInt(0, model.size - 1)]!, "hex"))
              : key;
          expect(deleteFromTree(pager, root, target)).toBe(model.delete(hex(target)));
        }
        expect(getFromTree(pager, root, key)).toEqual(model.get(hex(key)));
        if (step % 200 === 0) {
          const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
          const all = scanTree(pager, root, ALL_KEYS, undefined, 1e9, 1e9);
          expect(all.map(({ key, value }) => [hex(key), hex(value)])).toEqual(
            expected.map(([key, value]) => [key, hex(value)]),
          );
          const after = newKey();
          const next = scanTree(pager, root, ALL_KEYS, after, 1, 1)[0];
          expect(next === undefined ? undefined : hex(next.key)).toBe(
            expected.map(([key]) => key).find((key) => key > hex(after)),
          );
          pager.commit();
          await pager.wal.flush();
          pager.releaseDurable();
        }
      }
      for (const key of model.keys()) deleteFromTree(pager, root, Uint8Array.from(Buffer.from(key, "hex")));
      // Nothing of it is lost: header copies, meta page, catalog and this root are in use, all others are free.
      expect(pagesOfTree(pager, root)).toEqual([root]);
      const meta = pager.read(META_PAGE);
      expect(pageCountOf(meta) - freeCountOf(meta)).toBe(5);
    },
  );

  it("fills its pages with ascending keys", async () => {
    const pager = await newPager(pageBytes);
    const root = createTree(pager);
    for (let i = 0; i < 5000; i++) {
      putInTree(pager, root, Uint8Array.of(i >> 8, i & 255), new Uint8Array(100), false);
    }
    const bytes = 5000 * (100 + 2 + 4 + 2);
    expect(pagesOfTree(pager, root).length * pageBytes).toBeLessThan(bytes * 1.1);
    pager.rollback();
    expect(pageCountOf(pager.read(META_PAGE))).toBe(4);
  });

  it("refuses keys that are too long", async () => {
    const pager = await newPager(pageBytes);
    const root = createTree(pager);
    const key = new Uint8Array(MAX_KEY_BYTES + 1);
    expect(() => putInTree(pager, root, key, new Uint8Array(1), false)).toThrow(
      /DOCDB_KEY_TOO_LONG|at most 1536 bytes/,
    );
  });
});
