import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ArrowTable } from "@millrace/columnar";
import { bytesSource } from "@millrace/files";
import { DurationMicrosecond, tableFromIPC, tableToIPC } from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LoadOptions, loadEvents, openEncoder, openRecording } from "../src/index.ts";
import { chunkOf, type Event, generatedEvt2 } from "./helpers.ts";

const COUNT = 20_000;
const EVENTS = Array.from({ length: COUNT }, (_, i): Event => [11 * i, (i * i) % 64, i % 48, (i >> 2) & 1]);

function encoded(format: string): Uint8Array {
  const encoder = openEncoder(format, { width: 64, height: 48 });
  return Uint8Array.from(Buffer.concat([encoder.header().slice(), encoder.encode(chunkOf(EVENTS))]));
}

const EVT3 = encoded("EVT3");

function rowsOf(table: ArrowTable): Event[] {
  const [t, x, y, p] = ["t", "x", "y", "polarity"].map((name) => [...table.getChild(name)!]);
  return t!.map((time, i) => [Number(time), x![i], y![i], p![i]]);
}

const load = (bytes: Uint8Array, options?: LoadOptions): Promise<ArrowTable> =>
  loadEvents(bytesSource(bytes, "loaded"), options);

describe("loadEvents", () => {
  it("gives a table that says what it holds, and that IPC brings back", async () => {
    const table = await load(EVT3);
    expect(table.schema.fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "t Duration<MICROSECOND>",
      "x Int16",
      "y Int16",
      "polarity Int8",
    ]);
    expect(table.schema.fields[0]!.type).toBeInstanceOf(DurationMicrosecond);
    expect(Object.fromEntries(table.schema.metadata)).toEqual({
      format: "EVT3",
      source: "loaded",
      polarity: "0/1",
      width: "64",
      height: "48",
    });
    expect(rowsOf(table)).toEqual(EVENTS);
    expect(rowsOf(tableFromIPC(tableToIPC(table)))).toEqual(EVENTS);
  });

  it("gives the same above the threshold and below, in chunks of any size, for any query", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 32, max: 30_000 }),
        fc.constantFrom(0, COUNT * 100),
        fc.constantFrom({}, { from: 50_000, until: 120_000 }, { everyNth: 7 }, { polarity: 1 as const }),
        async (chunkSize, streamingThreshold, query) => {
          const table = await load(EVT3, { chunkSize, streamingThreshold, query });
          const {
            from = 0,
            until = 1e9,
            everyNth = 1,
            polarity,
          } = { polarity: undefined, ...query } as never as {
            from?: number;
            until?: number;
            everyNth?: number;
            polarity?: number;
          };
          const wanted = EVENTS.filter(
            ([t, , , p]) => t >= from && t < until && (polarity === undefined || p === polarity),
          ).filter((_, i) => i % everyNth === 0);
          expect(rowsOf(table)).toEqual(wanted);
          if (streamingThreshold > 0) expect(table.batches.length).toBe(1);
          else if (chunkSize < 1000 && wanted === EVENTS) expect(table.batches.length).toBeGreaterThan(10);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([
    ["EVT2", "auto", -1],
    ["EVT2", "unsigned", 0],
    ["EVT3", "auto", 0],
    ["EVT3", "signed", -1],
    ["DAT", "auto", 0],
  ] as const)("writes darker events of %s as %s polarity: %i", async (format, polarity, dark) => {
    const table = await load(encoded(format), { polarity });
    expect(rowsOf(table)).toEqual(EVENTS.map(([t, x, y, p]) => [t, x, y, p === 1 ? 1 : dark]));
  });

  it("has wide columns for a sensor that needs them", async () => {
    const text = new TextEncoder().encode("t,x,y,p\n10,65000,7,1\n");
    const table = await load(text);
    expect(String(table.schema.fields[1]!.type)).toBe("Uint16");
    expect(rowsOf(table)).toEqual([[10, 65_000, 7, 1]]);
  });

  it("fails before the memory is used up, and names the limit and the option", async () => {
    await expect(load(EVT3, { memoryLimit: 100_000, chunkSize: 1000 })).rejects.toMatchObject({
      code: "EVENTS_LOAD_MEMORY",
      limitBytes: 100_000,
      message: expect.stringMatching(/memoryLimit.*100000/),
    });
  });

  it("takes at most 16 bytes an event", async () => {
    for (const options of [{}, { streamingThreshold: 0 }, { chunkSize: 50_001, streamingThreshold: 0 }]) {
      const table = await loadEvents(generatedEvt2(400_000), options);
      const buffers = new Set<ArrayBufferLike>();
      for (const batch of table.batches) {
        for (const child of batch.data.children) buffers.add(child.values.buffer);
      }
      const bytes = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(bytes / table.numRows).toBeLessThanOrEqual(16);
    }
  });

  it.each([
    [{ polarity: "sign" }, "EVENTS_OPTION_VALUE"],
    [{ chunkSize: 31 }, "EVENTS_OPTION_RANGE"],
    [{ workers: 0 }, "EVENTS_OPTION_RANGE"],
    [{ memoryLimit: 0 }, "EVENTS_OPTION_RANGE"],
    [{ treshold: 1 }, "EVENTS_OPTION_UNKNOWN"],
  ])("rejects %j", async (options, code) => {
    await expect(load(EVT3, options as LoadOptions)).rejects.toMatchObject({ code });
  });
});

describe("loadEvents with several threads", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-load-"));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it.each(["EVT3", "AEDAT4"])("gives the same table of %s", async (format) => {
    const path = join(directory, format);
    await writeFile(path, encoded(format));
    // Without an index there is one thread.
    expect(rowsOf(await loadEvents(path, { workers: 2 }))).toEqual(EVENTS);
    await using recording = await openRecording(path);
    await recording.openIndex();
    const reports: boolean[] = [];
    const options = { workers: 2, onProgress: ({ isFinal }: { isFinal: boolean }) => reports.push(isFinal) };
    const table = await loadEvents(path, { ...options, streamingThreshold: 0 });
    expect(table.batches.length).toBeGreaterThan(1);
    expect(rowsOf(table)).toEqual(EVENTS);
    expect(reports.at(-1)).toBe(true);
    await expect(loadEvents(path, { workers: 2, memoryLimit: 1000 })).rejects.toMatchObject({
      code: "EVENTS_LOAD_MEMORY",
    });
  });

  it("writes polarities as one thread does, and ends with the signal", async () => {
    const path = join(directory, "EVT2");
    await writeFile(path, encoded("EVT2"));
    await using recording = await openRecording(path);
    await recording.openIndex();
    const signed = await loadEvents(path, { workers: 2, chunkSize: 1003, streamingThreshold: 0 });
    expect(rowsOf(signed)).toEqual(EVENTS.map(([t, x, y, p]) => [t, x, y, 2 * p - 1]));
    const signal = AbortSignal.abort();
    await expect(loadEvents(path, { workers: 2, signal })).rejects.toMatchObject({
      code: "STREAM_WORK_ABORTED",
    });
    expect(rowsOf(await loadEvents(path, { workers: 2 }))).toHaveLength(EVENTS.length);
  });

  it("fails with the error of the thread that failed", async () => {
    const path = join(directory, "strict");
    const bytes = encoded("EVT2");
    // A word of no type near the end.
    bytes.set([0, 0, 0, 0x90], bytes.length - 4);
    await writeFile(path, bytes);
    await using recording = await openRecording(path, { isStrict: true });
    await recording.openIndex();
    await expect(loadEvents(path, { workers: 2, isStrict: true })).rejects.toMatchObject({
      code: "EVENTS_DATA_VIOLATION",
    });
  });
});
