import { MemoryVfs } from "@millrace/files";
import { describeRecordings, recordingPath } from "@millrace/testkit";
import { tableFromIPC } from "apache-arrow";
import { parquetRead } from "hyparquet";
import { expect, it } from "vitest";
import { convertRecording, digestEvents, openRecording, summarizeEvents } from "../src/index.ts";
import { type Event, readEvents } from "./helpers.ts";

/** What is known of each recording: counted by other programs. */
interface Known {
  readonly file: string;
  readonly format: string;
  readonly size: readonly [width: number, height: number];
  readonly events: number;
  readonly on?: number;
  readonly first?: Event;
  readonly last?: Event;
  readonly timesUs?: readonly [first: number, last: number];
  readonly digest: string;
}

const KNOWN: readonly Known[] = [
  {
    file: "events/evt2_sample.raw",
    format: "EVT2",
    size: [640, 480],
    events: 539_481,
    on: 367_855,
    first: [1_317_888, 237, 121, 1],
    last: [1_367_888, 210, 142, 1],
    timesUs: [1_317_888, 1_367_888],
    digest: "1797b2999b90962347991bb00afaa6a93029c67f3cc3930c43a0776aac600577",
  },
  {
    file: "events/evt3_sample.raw",
    format: "EVT3",
    size: [1280, 720],
    events: 219_596,
    on: 115_532,
    first: [11_718_656, 874, 200, 0],
    last: [11_727_457, 1218, 572, 1],
    timesUs: [11_718_656, 11_727_457],
    digest: "7a39307f1078ce9932488f31cd8a59f67e8f3c5ac49a4d306e3dabf31ccb7206",
  },
  {
    file: "events/slider_depth_chunk.txt",
    format: "text",
    size: [240, 180],
    events: 50_000,
    on: 21_147,
    first: [3811, 96, 133, 0],
    last: [174_156, 70, 103, 1],
    timesUs: [3811, 174_156],
    digest: "04637705e63d78d1a692324994d9c1963d279b6cf93d51b03e464100ad31ef97",
  },
  {
    file: "events/ncars.dat",
    format: "DAT",
    size: [78, 42],
    events: 2009,
    timesUs: [0, 99_952],
    digest: "423b04ef079ffa7595cbf319de71e02d31add3793d3e2d89a18826739d23d521",
  },
  {
    file: "events/dvs.es",
    format: "ES",
    size: [320, 240],
    events: 473_225,
    timesUs: [0, 999_000],
    digest: "4210048625beb756f6cbee5d5b92d2205c1940a58aca3996b10e5a12255f4713",
  },
  {
    file: "events/nmnist.bin",
    format: "N-MNIST",
    size: [34, 34],
    events: 4325,
    timesUs: [654, 311_175],
    digest: "c97a9b82acfbc3817b0f2a9ec9acb13f22dfe4859a1988a916a6906a05d139ed",
  },
  {
    file: "events/dvxplorer.aedat4",
    format: "AEDAT4",
    size: [320, 240],
    events: 111_954,
    on: 55_023,
    first: [1_605_537_493_718_345, 154, 204, 0],
    last: [1_605_537_494_308_262, 88, 237, 1],
    digest: "5fbfe5d311bbd09c396a444633ac90fb6ecab64bde639382b128fc7e2494f357",
  },
  {
    file: "events/translating_bar_x.aedat",
    format: "AEDAT2",
    size: [189, 101],
    events: 10_000,
    digest: "2bc59107d9f0d412245bc9f00dfc20e057a7453c468378211e45472261ebcbf1",
  },
];

/** Rows where the columns are not the events, and the row of the length when that differs. */
function differingRows(
  events: readonly Event[],
  column: (name: string) => ArrayLike<number | bigint>,
): number[] {
  const [t, x, y, p] = ["t", "x", "y", "p"].map(column) as [
    ArrayLike<number | bigint>,
    ...ArrayLike<number>[],
  ];
  const rows = events.flatMap((event, i) => {
    const isSame =
      Number(t[i]) === event[0] && x![i] === event[1] && y![i] === event[2] && p![i] === event[3];
    return isSame ? [] : [i];
  });
  return [t, x!, y!, p!].every((values) => values.length === events.length) ? rows : [...rows, events.length];
}

describeRecordings("real recordings", () => {
  it.each(KNOWN)("$file gives the events that are known of it", async (known) => {
    await using recording = await openRecording(recordingPath(known.file));
    const events = await readEvents(recording);
    const { first = events[0], last = events.at(-1) } = known;
    expect([events.length, events[0], events.at(-1)]).toEqual([known.events, first, last]);
    expect(recording).toMatchObject({ format: known.format, violations: {}, triggerCount: 0 });
    expect([recording.width, recording.height]).toEqual(known.size);
    const summary = await summarizeEvents(recording.events());
    const { on = summary.on, timesUs = [events[0]![0], events.at(-1)![0]] } = known;
    const [firstTimeUs, lastTimeUs] = timesUs;
    expect(summary).toEqual({
      events: known.events,
      on,
      off: known.events - on,
      firstTimeUs,
      lastTimeUs,
      durationUs: lastTimeUs - firstTimeUs,
    });
    expect(await digestEvents(recording.events())).toEqual({ events: known.events, digest: known.digest });
  });

  it.each(KNOWN)("$file gives the same in small pieces and small chunks", async (known) => {
    await using recording = await openRecording(recordingPath(known.file), {
      readBytes: 4099,
      rowsPerChunk: 100,
    });
    expect(await digestEvents(recording.events())).toEqual({ events: known.events, digest: known.digest });
  });

  it.each(KNOWN)(
    "$file gives the same by its index: segment by segment, and a part of it by time",
    async (known) => {
      await using recording = await openRecording(recordingPath(known.file), { index: "none" });
      const { firstTimeUs, durationUs } = await summarizeEvents(recording.events());
      const part = { from: firstTimeUs! + durationUs! / 3, until: firstTimeUs! + durationUs! / 2 };
      const expected = await digestEvents(recording.events(part));
      const index = await recording.openIndex(false);
      expect(index.events).toBe(known.events);
      const segments = async function* () {
        for (let i = 0; i < index.length; i++) yield* recording.eventsOfSegments(index, i, i + 1);
      };
      expect(await digestEvents(segments())).toEqual({ events: known.events, digest: known.digest });
      await using indexed = await openRecording(recordingPath(known.file), { index });
      expect(await digestEvents(indexed.events(part))).toEqual(expected);
    },
  );

  it.each(KNOWN.filter(({ first }) => first !== undefined))(
    "$file is the same as Arrow, Parquet, CSV and EVT3",
    async (known) => {
      const vfs = new MemoryVfs();
      await using recording = await openRecording(recordingPath(known.file));
      const events = await readEvents(recording);
      const metadata = {
        format: known.format,
        source: recording.name,
        width: String(known.size[0]),
        height: String(known.size[1]),
      };
      const bytesOf = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
        const result = await convertRecording(recording, name, { vfs });
        await using file = await vfs.open(name, "r");
        const bytes = new Uint8Array(await file.size());
        await file.read(bytes, 0);
        expect(result).toEqual({ events: known.events, bytes: bytes.length });
        return bytes;
      };

      const table = tableFromIPC(await bytesOf("a.arrow"));
      expect(Object.fromEntries(table.schema.metadata)).toEqual(metadata);
      expect(differingRows(events, (name) => table.getChild(name)!.toArray())).toEqual([]);

      const columns: Record<string, (number | bigint)[]> = { t: [], x: [], y: [], p: [] };
      await parquetRead({
        file: (await bytesOf("a.parquet")).buffer,
        onChunk: ({ columnName, columnData, rowStart }) => {
          const column = columns[columnName]!;
          expect(column).toHaveLength(rowStart);
          for (const value of columnData as Iterable<number | bigint>) column.push(value);
        },
      });
      expect(differingRows(events, (name) => columns[name]!)).toEqual([]);

      const text = new TextDecoder().decode(await bytesOf("a.csv"));
      expect(text).toBe(`t,x,y,p\n${events.map((event) => `${event.join(",")}\n`).join("")}`);
      // EVT3 cannot hold times since 1970.
      const isTooLate = known.first![0] > 1e15;
      for (const name of isTooLate ? ["a.csv"] : ["a.csv", "a.raw"]) {
        if (name === "a.raw") await convertRecording(recording, name, { vfs });
        await using again = await openRecording(name, { vfs });
        expect(await digestEvents(again.events())).toEqual({ events: known.events, digest: known.digest });
      }
    },
  );
});
