import { readFileSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { diskVfs, MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Hdf5Reader, Hdf5Writer, type Hdf5WriterOptions } from "../src/index.ts";
import { bytesOf, readImage, type Seen } from "./helpers.ts";

const noise = new Float32Array(seededRandom(1).fill(new Uint8Array(400_000)).buffer).map((x) =>
  Number.isFinite(x) ? x : 1,
);

async function seen(vfs: MemoryVfs): Promise<Seen> {
  return readImage(await bytesOf(vfs, "a.h5"));
}

describe.each(["caller", "pool"] as const)(
  "a loop that never waits, chunks filtered by the %s",
  (threads) => {
    const options: Hdf5WriterOptions = { threads, maxChunksInFlight: 3, checkpointBytes: 100_000 };

    it("writes what an awaited one writes, in memory that is bounded", async () => {
      const vfs = new MemoryVfs();
      const writer = Hdf5Writer.createSync(vfs, "a.h5", options);
      const group = writer.root.createGroup("g");
      const data = group.createDataset("d", { kind: "float32", rowShape: [10], chunkRows: 50 });
      let most = 0;
      for (let i = 0; i < noise.length; i += 250) {
        data.appendSync(noise.subarray(i, i + 250));
        most = Math.max(most, writer.stats().pool.outstandingBytes);
      }
      group.writeDatasetSync("text", "done");
      group.writeDatasetSync("big", noise);
      writer.closeSync();
      expect(data.rows).toBe(10_000);
      // Chunks of 2000 bytes, each in a buffer of 2048 and beside it the shuffled one, and the one that fills.
      expect(most).toBeLessThanOrEqual((2 * 3 + 1) * 2048);
      expect(writer.stats()).toMatchObject({ mostChunksInFlight: threads === "pool" ? 3 : 0 });
      expect(writer.stats().checkpoints).toBeGreaterThan(3);
      const { d, text, big } = (await seen(vfs)).children!.g!.children!;
      expect(d?.data).toEqual({ shape: [10_000, 10], value: Array.from(noise) });
      expect(text?.data?.value).toBe("done");
      expect(big?.data?.value).toEqual(Array.from(noise));
    });

    it("closes a file on disk while the pool is still at work, and the late results change nothing", async () => {
      using directory = tempDirectory();
      const path = `${directory.path}/a.h5`;
      const writer = Hdf5Writer.createSync(diskVfs, path, options);
      const data = writer.root.createDataset("d", { kind: "float32", chunkRows: 20_000 });
      for (let i = 0; i < noise.length; i += 1000) data.appendSync(noise.subarray(i, i + 1000));
      writer.closeSync();
      const bytes = readFileSync(path);
      await writer.close();
      await writer.drain();
      expect(readFileSync(path)).toEqual(bytes);
      expect(readImage(bytes).children?.d?.data?.value).toEqual(Array.from(noise));
    });

    it("goes on with a file, at once", async () => {
      const vfs = new MemoryVfs();
      {
        using writer = Hdf5Writer.createSync(vfs, "a.h5", options);
        using group = writer.root.createGroup("g");
        group.createDataset("d", { kind: "int16", chunkRows: 7 }).appendSync(Int16Array.of(1, 2, 3));
      }
      {
        using writer = Hdf5Writer.reopenSync(vfs, "a.h5", options);
        const data = writer.root.openGroupSync("g").openDatasetSync("d", "int16");
        for (let i = 4; i < 40; i++) data.appendSync(Int16Array.of(i));
        expect(() => writer.root.openDatasetSync("g", "int16")).toThrow("a dataset of int16");
      }
      const value = Array.from({ length: 39 }, (_, i) => i + 1);
      expect((await seen(vfs)).children?.g?.children?.d?.data?.value).toEqual(value);
    });
  },
);

describe("calls that were not awaited", () => {
  it("take effect before a synchronous one that comes after them", async () => {
    const vfs = new MemoryVfs();
    const writer = await Hdf5Writer.create(vfs, "a.h5", { maxChunksInFlight: 1, checkpointBytes: 0 });
    const data = writer.root.createDataset("d", { kind: "int32", chunkRows: 4 });
    const waiting: Promise<void>[] = [];
    for (let i = 0; i < 60; i += 3) waiting.push(data.append(Int32Array.of(i, i + 1, i + 2)));
    data.appendSync(Int32Array.of(60, 61));
    expect(data.rows).toBe(62);
    const checkpoint = writer.checkpoint();
    writer.checkpointSync();
    const { checkpoints } = writer.stats();
    data.appendSync(Int32Array.of(62));
    await Promise.all([...waiting, checkpoint]);
    expect(writer.stats().checkpoints).toBeGreaterThanOrEqual(checkpoints);
    waiting.push(data.append(Int32Array.of(63)), data.append(new Int32Array(9).map((_, i) => 64 + i)));
    const closing = writer.close();
    writer.closeSync();
    await Promise.all([...waiting, closing]);
    const value = Array.from({ length: 73 }, (_, i) => i);
    expect((await seen(vfs)).children?.d?.data).toEqual({ shape: [73], value });
  });

  it("are part of a file that is closed at once", async () => {
    const vfs = new MemoryVfs();
    const writer = await Hdf5Writer.create(vfs, "a.h5", { maxChunksInFlight: 1 });
    const group = writer.root.createGroup("g");
    const data = group.createDataset("d", { kind: "uint8", chunkRows: 3 });
    const appends = Array.from({ length: 10 }, (_, i) => data.append(Uint8Array.of(i, i)));
    const closing = group.close();
    writer.closeSync();
    await Promise.all([...appends, closing]);
    expect((await seen(vfs)).children?.g?.children?.d?.data?.shape).toEqual([20]);
  });
});

describe("who can wait now and then", () => {
  it("lets the pool do what it has, and finds it idle", async () => {
    const writer = Hdf5Writer.createSync(new MemoryVfs(), "a.h5", { maxChunksInFlight: 2 });
    const data = writer.root.createDataset("d", { kind: "uint8", chunkRows: 1000 });
    data.appendSync(new Uint8Array(1000));
    expect(writer.isBehind).toBe(false);
    data.appendSync(new Uint8Array(1000));
    expect(writer.isBehind).toBe(true);
    await writer.drain();
    expect(writer.isBehind).toBe(false);
    writer.closeSync();
  });
});

describe("a synchronous call that is refused", () => {
  it("says why, and changes nothing", () => {
    const writer = Hdf5Writer.createSync(new MemoryVfs(), "a.h5");
    const data = writer.root.createDataset("d", { kind: "int32", rowShape: [2] });
    data.appendSync(Int32Array.of(1, 2));
    expect(() => data.appendSync(Int32Array.of(1))).toThrow(/multiple of 2/);
    expect(() => data.appendSync(Float32Array.of(1, 2) as never)).toThrow(/int32 values/);
    expect(data.rows).toBe(1);
    data.closeSync();
    data.closeSync();
    expect(() => data.appendSync(Int32Array.of(1, 2))).toThrow(/closed/);
    expect(() => Hdf5Writer.createSync(new MemoryVfs(), "none/a.h5")).toThrow(/none\/a\.h5/);
    writer.closeSync();
    writer.closeSync();
    expect(() => writer.checkpointSync()).toThrow(/closed/);
  });
});

describe("with checkpointRows", () => {
  it("the append that brings the last of so many rows makes a checkpoint, of whatever dataset", async () => {
    const vfs = new MemoryVfs();
    const writer = Hdf5Writer.createSync(vfs, "a.h5", { checkpointRows: 10, checkpointBytes: 0 });
    const pairs = writer.root.createDataset("pairs", { kind: "int32", rowShape: [2] });
    const single = writer.root.createDataset("single", { kind: "int32" });
    pairs.appendSync(new Int32Array(12));
    single.appendSync(new Int32Array(3));
    expect(writer.stats().checkpoints).toBe(1);
    single.appendSync(Int32Array.of(7));
    expect(writer.stats().checkpoints).toBe(2);
    const reader = await Hdf5Reader.open(vfs, "a.h5");
    expect([reader.root.dataset("pairs").rows, reader.root.dataset("single").rows]).toEqual([6, 4]);
    await reader.close();
    await single.append(new Int32Array(9));
    expect(writer.stats().checkpoints).toBe(2);
    await single.append(new Int32Array(25));
    expect(writer.stats().checkpoints).toBe(3);
    writer.closeSync();
  });
});

describe("with checkpointMs", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("the first append after that time makes a checkpoint, synchronous or not", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const writer = await Hdf5Writer.create(new MemoryVfs(), "a.h5", {
      checkpointMs: 1000,
      checkpointBytes: 0,
    });
    const data = writer.root.createDataset("d", { kind: "int32" });
    data.appendSync(Int32Array.of(1));
    expect(writer.stats().checkpoints).toBe(1);
    vi.advanceTimersByTime(999);
    data.appendSync(Int32Array.of(2));
    await data.append(Int32Array.of(3));
    expect(writer.stats().checkpoints).toBe(1);
    vi.advanceTimersByTime(1);
    data.appendSync(Int32Array.of(4));
    expect(writer.stats().checkpoints).toBe(2);
    data.appendSync(Int32Array.of(5));
    vi.advanceTimersByTime(1000);
    await data.append(Int32Array.of(6));
    await data.append(Int32Array.of(7));
    expect(writer.stats().checkpoints).toBe(3);
    expect(data.rows).toBe(7);
    await writer.close();
  });
});
