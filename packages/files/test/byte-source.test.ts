import { seededRandom } from "@millrace/base";
import {
  atomicWrite,
  type ByteSource,
  blobSource,
  bytesSource,
  fileSource,
  MemoryVfs,
  readChunks,
  readFull,
  readFullSync,
  readSourceFull,
  streamSource,
} from "@millrace/files";
import { describe, expect, test } from "vitest";

const DATA = seededRandom(1).fill(new Uint8Array(1000));

const SOURCES: [string, () => Promise<ByteSource>][] = [
  ["bytes", async () => bytesSource(DATA)],
  ["blob", async () => blobSource(new Blob([DATA.subarray(0, 300), DATA.subarray(300)]))],
  ["stream", () => streamSource(new Blob([DATA.subarray(0, 300), DATA.subarray(300)]).stream())],
  [
    "file",
    async () => {
      const vfs = new MemoryVfs();
      await atomicWrite(vfs, "a", DATA);
      return fileSource(vfs, "a");
    },
  ],
];

describe.each(SOURCES)("a source of %s", (_name, make) => {
  test("reads any range, and fewer bytes at the end", async () => {
    await using source = await make();
    expect(source.size).toBe(1000);
    const into = new Uint8Array(400);
    expect(await source.read(into, 250)).toBe(400);
    expect(into).toEqual(DATA.subarray(250, 650));
    expect(await source.read(into, 900)).toBe(100);
    expect(into.subarray(0, 100)).toEqual(DATA.subarray(900));
    expect(await source.read(into, 1000)).toBe(0);
    await expect(source.read(into, -1)).rejects.toMatchObject({ code: "FILES_OPTION_RANGE" });
    await expect(readSourceFull(source, into, 601)).rejects.toMatchObject({
      code: "FILES_FILE_SHORT",
      byteOffset: 1000,
    });
  });

  test("refuses reads after close", async () => {
    const source = await make();
    await source.close();
    await source.close();
    await expect(source.read(new Uint8Array(1), 0)).rejects.toHaveProperty("name", "ClosedError");
  });

  test.each([1, 7, 999, 1000, 1001])("gives all bytes in order in chunks of %i", async (chunkBytes) => {
    await using source = await make();
    const parts: number[] = [];
    const lengths: number[] = [];
    for await (const chunk of readChunks(source, { chunkBytes, start: 10 })) {
      lengths.push(chunk.length);
      parts.push(...chunk);
    }
    expect(Uint8Array.from(parts)).toEqual(DATA.subarray(10));
    expect(lengths.slice(0, -1).every((length) => length === chunkBytes)).toBe(true);
  });
});

describe("readChunks", () => {
  test("reads one chunk ahead, not more", async () => {
    const starts: number[] = [];
    const inner = bytesSource(DATA);
    const source: ByteSource = {
      ...inner,
      size: 1000,
      name: "counted",
      read: (into, position) => {
        starts.push(position);
        return inner.read(into, position);
      },
    };
    const chunks = readChunks(source, { chunkBytes: 300 });
    await chunks.next();
    expect(starts).toEqual([0, 300]);
    await chunks.next();
    expect(starts).toEqual([0, 300, 600]);
    await chunks.return();
    expect(starts).toEqual([0, 300, 600]);
  });

  test("stops when the signal fires", async () => {
    const controller = new AbortController();
    const chunks = readChunks(bytesSource(DATA), { chunkBytes: 300, signal: controller.signal });
    await chunks.next();
    controller.abort(new Error("enough"));
    await expect(chunks.next()).rejects.toMatchObject({
      code: "FILES_READ_ABORTED",
      cause: controller.signal.reason,
    });
  });

  test("says when the file became shorter meanwhile", async () => {
    const vfs = new MemoryVfs();
    await atomicWrite(vfs, "a", DATA);
    await using source = await fileSource(vfs, "a");
    await using file = await vfs.open("a", "r+");
    await file.truncate(500);
    const all = async (): Promise<void> => {
      for await (const chunk of readChunks(source, { chunkBytes: 300 })) expect(chunk.length).toBe(300);
    };
    await expect(all()).rejects.toMatchObject({ code: "FILES_FILE_SHORT", byteOffset: 500 });
  });

  test("gives nothing for an empty source or a start at the end", async () => {
    expect((await readChunks(bytesSource(new Uint8Array(0))).next()).done).toBe(true);
    expect((await readChunks(bytesSource(DATA), { start: 1000 }).next()).done).toBe(true);
  });

  test("rejects a chunk size of zero", async () => {
    await expect(readChunks(bytesSource(DATA), { chunkBytes: 0 }).next()).rejects.toMatchObject({
      code: "FILES_OPTION_RANGE",
    });
  });
});

test("readFull fills all or says where the file ends", async () => {
  const vfs = new MemoryVfs();
  await atomicWrite(vfs, "a", DATA);
  await using file = await vfs.open("a", "r");
  const into = new Uint8Array(100);
  await readFull(file, into, 900);
  expect(into).toEqual(DATA.subarray(900));
  await expect(readFull(file, into, 901)).rejects.toMatchObject({
    code: "FILES_FILE_SHORT",
    byteOffset: 1000,
  });
  expect(() => readFullSync(file, into, 2000)).toThrow("100 bytes were expected from byte 2000 on, found 0");
});
