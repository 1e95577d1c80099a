import { BufferPool } from "@millrace/buffers";
import { bytesSource, MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { DEFAULT_RECORDING_OPTIONS, openRecording, type RecordingOptions } from "../src/index.ts";
import { generatedEvt2, openBytes, readEvents, wordBytes } from "./helpers.ts";

const HEADER = "% format EVT3;height=720;width=1280\n% end\n";
const WORDS = wordBytes("8001 0001 6002 2003 2804 A101", 2);
const EVENTS = [
  [4098, 3, 1, 0],
  [4098, 4, 1, 1],
];

function join(header: string, data: Uint8Array): Uint8Array {
  return Uint8Array.from([...new TextEncoder().encode(header), ...data]);
}

describe("openRecording", () => {
  it("opens a path, reads it as often as wanted, and tells what it is", async () => {
    const vfs = new MemoryVfs();
    await (await vfs.open("a.txt", "create")).write(join(HEADER, WORDS), 0);
    await using recording = await openRecording("a.txt", { vfs });
    expect(recording).toMatchObject({
      name: "a.txt",
      format: "EVT3",
      width: 1280,
      height: 720,
      triggerCount: 0,
    });
    for (let pass = 0; pass < 2; pass++) {
      expect(await readEvents(recording)).toEqual(EVENTS);
      expect([recording.triggerCount, recording.violations]).toEqual([1, {}]);
      const { t, id, value } = recording.triggers;
      expect([...t, ...id, ...value]).toEqual([4098n, 1, 1]);
    }
  });

  it.each([
    ["drive.raw", new File([HEADER, WORDS], "drive.raw")],
    ["blob", new Blob([HEADER, WORDS])],
  ])("opens a Blob, by the name of its file (%s)", async (name, blob) => {
    await using recording = await openRecording(blob);
    expect(recording).toMatchObject({ name, format: "EVT3", width: 1280, size: blob.size });
    expect(await readEvents(recording)).toEqual(EVENTS);
  });

  it("reads data without a header when it is told the format", async () => {
    await using recording = await openBytes(WORDS, { format: "EVT3", geometry: { width: 4, height: 2 } });
    expect(await readEvents(recording)).toEqual(EVENTS);
    expect(recording).toMatchObject({ width: 4, height: 2, violations: { outsideGeometry: 1 } });
  });

  it("takes the size from the events as a last resort", async () => {
    await using recording = await openBytes(WORDS, { format: "EVT3" });
    expect([recording.width, recording.height]).toEqual([undefined, undefined]);
    await readEvents(recording);
    expect([recording.width, recording.height]).toEqual([5, 2]);
  });

  it("reads a header and nothing behind it as no events", async () => {
    await using recording = await openBytes(HEADER);
    expect(await readEvents(recording)).toEqual([]);
  });

  it("counts the bytes of a last word that is cut off; strictly, fails there", async () => {
    const cut = join(HEADER, WORDS.subarray(0, 9));
    await using recording = await openBytes(cut);
    expect(await readEvents(recording)).toEqual(EVENTS.slice(0, 1));
    expect(recording.violations).toEqual({ truncatedWord: 1 });
    await using strict = await openBytes(cut, { isStrict: true });
    await expect(readEvents(strict)).rejects.toMatchObject({
      code: "EVENTS_DATA_VIOLATION",
      byteOffset: HEADER.length + 8,
      message: expect.stringMatching(/test input.*truncated/),
    });
  });

  it("names the first violation in the file when it is strict", async () => {
    await using strict = await openBytes(join(HEADER, wordBytes("8001 2001 1000 3000", 2)), {
      isStrict: true,
    });
    await expect(readEvents(strict)).rejects.toMatchObject({
      byteOffset: HEADER.length + 2,
      message: expect.stringContaining("missingRow"),
    });
  });

  it.each([
    ["% format AER-8b\n% end\n", "AER-8b"],
    ["% Data file containing flow.\n% Version 2\n\x28\x10", "DAT of version 2 with records of type 40"],
    ["% Version 3\n\x00\x08", "DAT of version 3"],
    ["#!AER-DAT3.0\r\n", "AEDAT of version !AER-DAT3.0"],
    ["#!AER-DAT3.1\r\n#Format: Compressed\r\n", "AEDAT 3.1 with data as Compressed"],
    ["#!AER-DAT2.0\r\n# AEChip: some.other.Chip\r\n", "AEDAT 2 of the chip some.other.Chip"],
    ["#!AER-DAT5.0\r\n", "AEDAT of an unknown"],
    ["Event Stream\x02\x00\x00\x04", "Event Stream 2.0.0 of colour"],
    ["Event Stream\x01\x00\x00\x01", "Event Stream 1.0.0"],
    ["ARROW1\0\0", "Arrow"],
  ])("names the format of %j, which it does not read", async (start, name) => {
    const bytes = Uint8Array.from(start, (char) => char.charCodeAt(0));
    await expect(openBytes(bytes)).rejects.toMatchObject({
      code: "EVENTS_FORMAT_UNSUPPORTED",
      message: expect.stringContaining(name),
    });
  });

  it.each([
    ["bytes of no format", Uint8Array.of(0, 1, 2, 3, 250, 251)],
    ["a header that says nothing of the format", join("% date today\n% end\n", WORDS)],
  ])("does not guess at %s", async (_, bytes) => {
    await expect(openBytes(bytes)).rejects.toMatchObject({ code: "EVENTS_FORMAT_UNKNOWN" });
  });

  it.each([
    [{ rowsPerChunk: 31 }, "EVENTS_OPTION_RANGE"],
    [{ readBytes: 0 }, "EVENTS_OPTION_RANGE"],
    [{ format: "evt3" }, "EVENTS_OPTION_VALUE"],
    [{ timeUnit: "m" }, "EVENTS_OPTION_VALUE"],
    [{ columns: ["t", "x", "y"] }, "EVENTS_COLUMNS_INVALID"],
    [{ columns: ["t", "x", "y", "p", "p"] }, "EVENTS_COLUMNS_INVALID"],
    [{ geometry: { width: 0, height: 5 } }, "EVENTS_OPTION_RANGE"],
    [{ format: "EVT3", timeUnit: "s" }, "EVENTS_OPTIONS_CONFLICT"],
    [{ strict: true }, "EVENTS_OPTION_UNKNOWN"],
  ] as [RecordingOptions, string][])("rejects the options %j", async (options, code) => {
    await expect(openBytes(join(HEADER, WORDS), options)).rejects.toMatchObject({ code });
  });

  it("does not pass over how text is to be read when there is no text", async () => {
    const options = { timeUnit: "ms" } as const;
    await expect(openBytes(join(HEADER, WORDS), options)).rejects.toMatchObject({
      code: "EVENTS_FORMAT_UNKNOWN",
    });
  });

  it("closes the source when it cannot be opened", async () => {
    const source = bytesSource(Uint8Array.of(0, 1, 2));
    await expect(openRecording(source)).rejects.toThrow();
    await expect(source.read(new Uint8Array(1), 0)).rejects.toMatchObject({ code: "FILES_SOURCE_CLOSED" });
  });

  it("cannot be read after it was closed, but closed again", async () => {
    const recording = await openBytes(join(HEADER, WORDS));
    await recording.close();
    await recording.close();
    await expect(readEvents(recording)).rejects.toMatchObject({ code: "EVENTS_RECORDING_CLOSED" });
  });

  it("freezes its defaults", () => {
    expect(Object.isFrozen(DEFAULT_RECORDING_OPTIONS)).toBe(true);
  });
});

describe("reading a long recording", () => {
  const COUNT = 2_000_000;

  it("holds one chunk and the next at a time, and takes them from the pool again", async () => {
    const pool = new BufferPool();
    await using recording = await openRecording(generatedEvt2(COUNT), { pool });
    let events = 0;
    let peakBytes = 0;
    for await (const chunk of recording.events()) {
      events += chunk.rowCount;
      peakBytes = Math.max(peakBytes, pool.stats().outstandingBytes);
      expect(chunk.columns.t[0]).toBe(BigInt(events - chunk.rowCount));
      chunk.release();
    }
    expect(events).toBe(COUNT);
    // 65,536 rows of 13 bytes are 832 KiB in size classes of the pool.
    expect(peakBytes).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(pool.stats()).toMatchObject({ outstandingBytes: 0, dropped: 0 });
    expect(pool.stats().misses).toBeLessThanOrEqual(8);
  });

  it("gives all memory back when the reader leaves early, or the signal fires", async () => {
    const pool = new BufferPool();
    const interruption = new AbortController();
    const options = { pool, signal: interruption.signal };
    await using recording = await openRecording(generatedEvt2(COUNT), options);
    for await (const chunk of recording.events()) {
      chunk.release();
      break;
    }
    expect(pool.stats().outstandingBytes).toBe(0);
    const reason = new Error("enough");
    const run = async (): Promise<void> => {
      for await (const chunk of recording.events()) {
        chunk.release();
        interruption.abort(reason);
      }
    };
    await expect(run()).rejects.toMatchObject({ name: "AbortedError", cause: reason });
    expect(pool.stats().outstandingBytes).toBe(0);
  });

  it("reports its progress up to the last byte", async () => {
    const reports: [bytes: number, isFinal: boolean][] = [];
    const source = generatedEvt2(COUNT);
    await using recording = await openRecording(source, {
      onProgress: ({ bytes, isFinal }) => reports.push([bytes, isFinal]),
    });
    for await (const chunk of recording.events()) chunk.release();
    expect(reports.at(-1)).toEqual([4 * (COUNT + COUNT / 64), true]);
  });
});
