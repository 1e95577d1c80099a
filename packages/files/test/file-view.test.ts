import { seededRandom } from "@millrace/base";
import { bytesPerElement, ELEMENT_KINDS } from "@millrace/buffers";
import { atomicWrite, FileView, MemoryVfs } from "@millrace/files";
import fc from "fast-check";
import { expect, test } from "vitest";

const PAGE = 512;
const DATA = seededRandom(1).fill(new Uint8Array(10 * PAGE + 100));

async function openView(cachePages = 4): Promise<FileView> {
  const vfs = new MemoryVfs();
  await atomicWrite(vfs, "a", DATA);
  return FileView.open(vfs, "a", { pageBytes: PAGE, cacheBytes: cachePages * PAGE });
}

test("every range equals the file, and is a view exactly when isView says so", async () => {
  await using view = await openView(2);
  fc.assert(
    fc.property(fc.nat(DATA.length), fc.nat(3 * PAGE), (offset, wanted) => {
      const length = Math.min(wanted, DATA.length - offset);
      const before = view.stats();
      const bytes = view.bytes(offset, length);
      expect(bytes).toEqual(DATA.subarray(offset, offset + length));
      if (length > 0) {
        const isView = view.isView(offset, length);
        expect(view.stats().views - before.views).toBe(isView ? 1 : 0);
        expect(view.stats().copies - before.copies).toBe(isView ? 0 : 1);
      }
    }),
  );
  expect(view.stats().cachedBytes).toBeLessThanOrEqual(2 * PAGE);
});

test("columns of every kind equal the file, aligned or not, in a page or across", async () => {
  await using view = await openView();
  for (const kind of ELEMENT_KINDS) {
    for (const offset of [0, 1, 8, PAGE - 8, PAGE - 3, 10 * PAGE]) {
      const size = bytesPerElement(kind);
      const column = view.column(kind, offset, 5);
      const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
      expect(bytes).toEqual(DATA.subarray(offset, offset + 5 * size));
      const isShared = column.buffer.byteLength > 5 * size;
      expect(isShared).toBe(offset % size === 0 && view.isView(offset, 5 * size));
    }
    expect(view.column(kind, DATA.length, 0).length).toBe(0);
  }
});

test("two reads of one page share its memory", async () => {
  await using view = await openView();
  expect(view.bytes(0, 10).buffer).toBe(view.bytes(100, 10).buffer);
  expect(view.stats()).toEqual({ views: 2, copies: 0, pageHits: 1, pageMisses: 1, cachedBytes: PAGE });
});

test("a range above a page is read without driving pages out", async () => {
  await using view = await openView();
  view.bytes(0, 1);
  expect(view.bytes(0, DATA.length)).toEqual(DATA);
  expect(view.stats()).toMatchObject({ copies: 1, pageMisses: 1 });
});

test("a view stays right after its page was evicted", async () => {
  await using view = await openView(1);
  const first = view.bytes(3, 100);
  for (let page = 1; page < 10; page++) view.bytes(page * PAGE, 1);
  expect(first).toEqual(DATA.subarray(3, 103));
});

test("a pinned page stays cached until it is disposed of", async () => {
  await using view = await openView(2);
  {
    using pinned = view.pin(10, 100);
    expect(pinned.isCopy).toBe(false);
    for (let page = 1; page < 10; page++) view.bytes(page * PAGE, 1);
    expect(view.bytes(10, 100).buffer).toBe(pinned.bytes.buffer);
    using other = view.pin(PAGE, 1);
    expect(other.bytes[0]).toBe(DATA[PAGE]);
    expect(() => view.bytes(2 * PAGE, 1)).toThrow("pinned");
  }
  expect(view.bytes(2 * PAGE, 1)[0]).toBe(DATA[2 * PAGE]);
  using across = view.pin(PAGE - 1, 2);
  expect(across.isCopy).toBe(true);
  expect([...across.bytes]).toEqual([...DATA.subarray(PAGE - 1, PAGE + 1)]);
});

test("a pin may be disposed of twice, and after the view was closed", async () => {
  const view = await openView();
  const pinned = view.pin(0, 1);
  const again = view.pin(0, 1);
  pinned[Symbol.dispose]();
  pinned[Symbol.dispose]();
  await view.close();
  again[Symbol.dispose]();
  expect(again.bytes[0]).toBe(DATA[0]);
});

test("refuses ranges outside the file, wrong options and use after close", async () => {
  const view = await openView();
  for (const [offset, length] of [
    [-1, 1],
    [0, DATA.length + 1],
    [DATA.length, 1],
    [0.5, 1],
    [0, Number.NaN],
  ] as const) {
    expect(() => view.bytes(offset, length)).toThrow("expected a range inside its 5220 bytes");
  }
  await view.close();
  await view.close();
  expect(() => view.bytes(0, 1)).toThrow("closed");
  const vfs = new MemoryVfs();
  await atomicWrite(vfs, "a", DATA);
  for (const options of [{ pageBytes: 1000 }, { pageBytes: 256 }, { pageBytes: 1024, cacheBytes: 512 }]) {
    await expect(FileView.open(vfs, "a", options)).rejects.toMatchObject({ code: "FILES_OPTION_RANGE" });
  }
});

test("says when the file was cut short meanwhile", async () => {
  const vfs = new MemoryVfs();
  await atomicWrite(vfs, "a", DATA);
  await using view = await FileView.open(vfs, "a", { pageBytes: PAGE });
  await using file = await vfs.open("a", "r+");
  await file.truncate(PAGE + 10);
  expect(() => view.bytes(PAGE + 5, 6)).toThrow("cut short");
});
