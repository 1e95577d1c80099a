import { isMillraceError, seededRandom, writeU32, writeU64 } from "@millrace/base";
import { compressBytesSync, writeZip } from "@millrace/compress";
import { type ByteSource, MemoryVfs } from "@millrace/files";
import { Hdf5Writer } from "@millrace/hdf5";
import { describe, expect, it } from "vitest";
import { npyHeader } from "../../src/encoders/npy-encoder.ts";
import { openEventSink, openRecording } from "../../src/index.ts";
import { chunkOf, openBytes, readEvents } from "../helpers.ts";
import { readAll, sourceOf } from "./harness.ts";
import { hardeningSamples } from "./samples.ts";

const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
const MIB = 2 ** 20;
const SAMPLES = await hardeningSamples();

/** Blocks of LZ4 that make 64 KiB of zeros out of some 270 bytes, again and again. */
function lz4Bomb(blocks: number): Uint8Array {
  // One literal 0, then a match at distance 1 of 65,535 - 5 bytes, then five literals: LZ4's block format.
  const more = Math.floor((65_530 - 19) / 255);
  const rest = (65_530 - 19) % 255;
  const block = Uint8Array.of(0x1f, 0, 1, 0, ...new Array<number>(more).fill(255), rest, 0x50, 0, 0, 0, 0, 0);
  const length = new Uint8Array(4);
  writeU32(length, 0, block.length);
  const parts = [Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82)];
  for (let i = 0; i < blocks; i++) parts.push(length, block);
  return join(...parts, new Uint8Array(4));
}

/** An AEDAT 4 file of one packet. */
async function aedat4Packet(compression: 1 | 3, content: Uint8Array): Promise<Uint8Array> {
  const { bytes } = SAMPLES.find(({ name }) => name === "AEDAT4")!;
  const dataStart = 18 + new DataView(bytes.buffer).getUint32(14, true);
  const head = bytes.slice(0, dataStart);
  // The table's position becomes "nowhere", the compression this one: see aedat4-buffers.ts.
  head.fill(255, 14 + 32, 14 + 40);
  writeU32(head, 14 + 40, compression);
  const packet = new Uint8Array(8);
  writeU32(packet, 4, content.length);
  return join(head, packet, content);
}

/** Runs what must not take much memory. */
async function refusedIn(limitBytes: number, run: () => Promise<unknown>): Promise<unknown> {
  const before = process.memoryUsage();
  const error = await run().then(
    () => undefined,
    (cause: unknown) => cause,
  );
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(limitBytes);
  expect(isMillraceError(error), String(error)).toBe(true);
  return error;
}

/** A buffer of Blosc with one block, compressed by zstd: its header, where the block is, its size, and the block. */
function bloscOf(block: Uint8Array, byteLength: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(24 + block.length);
  const view = new DataView(bytes.buffer);
  bytes.set([2, 1, 4 << 5, 1]);
  for (const [i, value] of [byteLength, byteLength, bytes.length, 20, block.length].entries()) {
    view.setUint32(4 + 4 * i, value, true);
  }
  bytes.set(block, 24);
  return bytes;
}

describe("a decompression bomb is refused by name", () => {
  it("LZ4 and zstd in AEDAT 4", async () => {
    const lz4 = await aedat4Packet(1, lz4Bomb(20_000));
    await using first = await openBytes(lz4);
    const error = await refusedIn(200 * MIB, () => readEvents(first));
    expect(error).toMatchObject({
      code: "EVENTS_PACKET_CORRUPT",
      message: expect.stringMatching(/67108864|limit/),
    });
    const zeros = compressBytesSync(new Uint8Array(300 * MIB), "zstd");
    expect(zeros.length).toBeLessThan(MIB);
    await using second = await openBytes(await aedat4Packet(3, zeros));
    expect(await refusedIn(200 * MIB, () => readEvents(second))).toMatchObject({
      code: "EVENTS_PACKET_CORRUPT",
      message: expect.stringMatching(/67108864|limit/),
    });
  });

  it("deflate in NPZ, and what an archive only says", async () => {
    const archive = writeZip(new Map([["x.npy", new Uint8Array(30 * MIB)]]));
    // The sizes in the directory and before the file become 2 GiB.
    const view = new DataView(archive.buffer, archive.byteOffset, archive.length);
    for (let at = 0; at + 4 <= archive.length; at++) {
      if (view.getUint32(at, true) === 30 * MIB) view.setUint32(at, 2 ** 31, true);
    }
    expect(await refusedIn(60 * MIB, () => openBytes(archive))).toMatchObject({
      code: "COMPRESS_OUTPUT_LIMIT",
    });
  });

  it.each([
    [32_015, "zstd"],
    [32_001, "blosc"],
  ])("HDF5's filter %i, %s, gives no more than a chunk", async (id, name) => {
    const vfs = new MemoryVfs();
    const zeros = compressBytesSync(new Uint8Array(300 * MIB), "zstd") as Uint8Array<ArrayBuffer>;
    const bomb = { id, name, encode: () => (name === "zstd" ? zeros : bloscOf(zeros, 300 * MIB)) };
    const writer = await Hdf5Writer.create(vfs, "a.h5");
    const events = writer.root.createGroup("events");
    for (const name of ["x", "y", "t", "p"]) {
      const data = events.createDataset(name, {
        kind: "uint8",
        chunkRows: 100,
        compression: { filter: bomb },
      });
      await data.append(new Uint8Array(100));
    }
    await writer.close();
    await using recording = await openRecording("a.h5", { vfs });
    expect(await refusedIn(100 * MIB, () => readEvents(recording))).toMatchObject({
      code: "HDF5_FILE_CORRUPT",
    });
  });
});

describe("a header that claims 2^60 rows is refused by name", () => {
  it("NPY and NPZ", async () => {
    const claims = join(
      npyHeader("[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]", 2 ** 53 - 1),
      new Uint8Array(13),
    );
    await expect(openBytes(claims)).rejects.toMatchObject({ code: "EVENTS_NPY_TRUNCATED" });
    const huge = Buffer.from(claims)
      .toString("latin1")
      .replace(String(2 ** 53 - 1), String(2n ** 60n));
    await expect(openBytes(new Uint8Array(Buffer.from(huge, "latin1")))).rejects.toMatchObject({
      code: expect.stringMatching(/^EVENTS_NPY_/),
    });
    await expect(openBytes(writeZip(new Map([["events.npy", claims]])))).rejects.toMatchObject({
      code: "EVENTS_NPY_TRUNCATED",
    });
  });

  it.each(["HDF5-DSEC", "HDF5-Metavision"])("%s", async (name) => {
    const { bytes } = SAMPLES.find((sample) => sample.name === name)!;
    for (const rows of [2 ** 40, 2 ** 52, 2 ** 60]) {
      // Wherever a dataspace says 300 rows, without a limit, it gets more; checksums are made again by nobody.
      const claims = bytes.slice();
      const count = Uint8Array.of(44, 1, 0, 0, 0, 0, 0, 0);
      for (let at = 0; at + 8 <= claims.length; at++) {
        if (Buffer.compare(claims.subarray(at, at + 8), count) === 0) writeU64(claims, at, rows);
      }
      const { code, events } = await readAll(sourceOf({ name, bytes: claims }));
      expect(code).toMatch(/^(HDF5|EVENTS)_/);
      expect(events).toEqual([]);
    }
  });

  it("HDF5 whose datasets have more rows than its bytes could hold", async () => {
    const vfs = new MemoryVfs();
    const writer = await Hdf5Writer.create(vfs, "a.h5");
    const events = writer.root.createGroup("events");
    for (const name of ["x", "y", "t", "p"]) {
      const data = events.createDataset(name, {
        kind: "uint8",
        chunkRows: 2 ** 22,
        compression: { zstd: 22 },
      });
      for (let i = 0; i < 16; i++) await data.append(new Uint8Array(2 ** 22));
    }
    await writer.close();
    await expect(openRecording("a.h5", { vfs })).rejects.toMatchObject({ code: "EVENTS_HDF5_ROWS" });
  });
});

describe("a file that shrinks while it is read is an error of ours", () => {
  /** A source that says its size and has half of it once reading has begun. */
  function shrinking(sample: Parameters<typeof sourceOf>[0]): ByteSource {
    const source = sourceOf(sample);
    const half = Math.floor(source.size / 2);
    let reads = 0;
    const shrunk = Object.create(source) as ByteSource;
    shrunk.read = async (into, position) => {
      // What is looked at first to find out the format is still there.
      if (reads++ < 1) return source.read(into.subarray(0, Math.max(0, half - position)), position);
      return source.read(into.subarray(0, Math.max(0, Math.min(into.length, half - position))), position);
    };
    shrunk.close = () => source.close();
    return shrunk;
  }

  it.each(SAMPLES)("$name", async (sample) => {
    const { code } = await readAll(shrinking(sample), sample.options);
    expect(code).toMatch(/^(FILES|EVENTS|HDF5|COMPRESS)_/);
  });

  it("HDF5 on its path", async () => {
    const vfs = new MemoryVfs();
    await using sink = await openEventSink("a.h5", { size: { width: 2048, height: 2048 }, vfs });
    const random = seededRandom(6);
    const place = (): number => random.nextInt(0, 2047);
    await sink.write(chunkOf(Array.from({ length: 300_000 }, (_, i) => [i, place(), place(), i % 2])));
    await sink.finish();
    await using recording = await openRecording("a.h5", { vfs });
    const file = await vfs.open("a.h5", "r+");
    await file.truncate(1000);
    await file.close();
    await expect(readEvents(recording)).rejects.toMatchObject({
      code: expect.stringMatching(/^(FILES|HDF5)_/),
    });
  });
});
