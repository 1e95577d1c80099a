import { BufferPool } from "@millrace/buffers";
import { fileError, MemoryVfs, type OpenFlags, type VfsFile } from "@millrace/files";
import { expect, it } from "vitest";
import { convertRecording, openRecording } from "../src/index.ts";
import { generatedEvt2, openBytes, readEvents, wordBytes } from "./helpers.ts";

/** A disk that counts what is written, and keeps nothing: for outputs larger than memory. */
class CountingVfs extends MemoryVfs {
  writtenBytes = 0;
  limitBytes = Number.POSITIVE_INFINITY;

  override async open(path: string, flags: OpenFlags): Promise<VfsFile> {
    const file = await super.open(path, flags);
    file.writeSync = (bytes) => {
      this.writtenBytes += bytes.length;
      if (this.writtenBytes > this.limitBytes) throw fileError("FILES_NO_SPACE", path, "write");
    };
    file.write = async (bytes, position) => file.writeSync(bytes, position);
    return file;
  }
}

it.each(["a.arrow", "a.parquet", "a.csv", "a.raw", "a.npy", "a.txt"])(
  "writes %s with one chunk in hand",
  async (output) => {
    const pool = new BufferPool();
    await using recording = await openRecording(generatedEvt2(400_000), { pool });
    const vfs = new CountingVfs();
    const { events, bytes } = await convertRecording(recording, output, { vfs });
    // NPY's header is written again at the end.
    expect([events, bytes]).toEqual([400_000, vfs.writtenBytes - (output === "a.npy" ? 192 : 0)]);
    expect(pool.stats()).toMatchObject({ outstandingBytes: 0, dropped: 0 });
    // Two chunks of four columns: everything else came from the pool again.
    expect(pool.stats().misses).toBeLessThanOrEqual(8);
  },
);

it.each(["a.arrow", "a.parquet", "a.csv", "a.raw", "a.npy", "a.npz", "a.txt"])(
  "leaves nothing of %s, in memory or on a full disk",
  async (output) => {
    const pool = new BufferPool();
    await using recording = await openRecording(generatedEvt2(400_000), { pool });
    const vfs = new CountingVfs();
    vfs.limitBytes = 10_000;
    await expect(convertRecording(recording, output, { vfs })).rejects.toMatchObject({
      code: "FILES_NO_SPACE",
    });
    expect(await vfs.list(".")).toEqual([]);
    expect(pool.stats().outstandingBytes).toBe(0);
  },
);

it("writes an EVT3 recording only of events in the order of time, and of a known size", async () => {
  const vfs = new MemoryVfs();
  await using unsorted = await openBytes("%geometry:9,9\nx,y,p,t\n1,1,0,5\n1,1,0,4\n");
  await expect(convertRecording(unsorted, "a.raw", { vfs })).rejects.toMatchObject({
    code: "EVENTS_TIME_ORDER",
  });
  const words = wordBytes("8001 0001 6002 2003", 2);
  await using unknown = await openBytes(words, { format: "EVT3" });
  await expect(convertRecording(unknown, "a.raw", { vfs })).rejects.toMatchObject({
    code: "EVENTS_GEOMETRY_UNKNOWN",
  });
  expect(await vfs.list(".")).toEqual([]);
  await using known = await openBytes(words, { format: "EVT3", geometry: { width: 4, height: 2 } });
  await convertRecording(known, "a.raw", { vfs });
  await using again = await openRecording("a.raw", { vfs });
  expect([again.width, again.height, await readEvents(again)]).toEqual([4, 2, [[4098, 3, 1, 0]]]);
});

it("names the endings that it knows", async () => {
  const vfs = new MemoryVfs();
  await using recording = await openBytes("0.1 1 2 0\n0.2 1 2 1\n");
  await expect(convertRecording(recording, "a.xls", { vfs })).rejects.toMatchObject({
    code: "EVENTS_OUTPUT_UNKNOWN",
    message: expect.stringContaining(".arrow, .feather, .parquet, .csv, .raw"),
  });
});
