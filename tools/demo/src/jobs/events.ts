import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { formatCount, formatRate } from "@millrace/cli";
import {
  convertRecording,
  countEventsPerPixel,
  digestEvents,
  EncoderSink,
  EVENT_SCHEMA,
  Evt3Encoder,
  openRecording,
} from "@millrace/event-loader";
import { heatMapPng } from "@millrace/plot";
import { allocateChunk, ROWS_PER_CHUNK } from "@millrace/stream";
import { tableFromIPC } from "apache-arrow";
import { parquetMetadataAsync } from "hyparquet";
import { type Job, timed } from "../job.ts";
import { type EventColumns, seeMovingPicture } from "../moving-picture.ts";

const WIDTH = 640;
const HEIGHT = 480;

/** Reads a recording, converts it to Arrow and Parquet, and draws where its events were. */
export const job: Job = async ({ directory, dataDirectory }) => {
  const found = dataDirectory === undefined ? undefined : findRecording(dataDirectory);
  const seen =
    found === undefined
      ? seeMovingPicture({ width: WIDTH, height: HEIGHT, durationMs: 400, seed: 1 })
      : undefined;
  const path = found ?? join(directory, "moving-picture.raw");
  if (seen !== undefined) await writeEvt3(seen, path);

  const arrowPath = join(directory, "events.arrow");
  const parquetPath = join(directory, "events.parquet");
  await using recording = await openRecording(path);
  const { value: converted, seconds, peakBytes } = await timed(() => convertRecording(recording, arrowPath));
  await convertRecording(recording, parquetPath);
  const { digest } = await digestEvents(recording.events());
  const pixels = await countEventsPerPixel(recording);
  const picturePath = join(directory, "events.png");
  writeFileSync(picturePath, heatMapPng(pixels.values, pixels.width, pixels.height));

  // Independent of our decoders: apache-arrow's and hyparquet's readers, and a digest by a plain sort of objects.
  const table = tableFromIPC(readFileSync(arrowPath));
  const column = (name: string): ArrayLike<number | bigint> =>
    table.getChild(name)!.toArray() as ArrayLike<number | bigint>;
  const arrowDigest = plainDigest(column("t"), column("x"), column("y"), column("p"), table.numRows);
  const parquet = readFileSync(parquetPath);
  const metadata = await parquetMetadataAsync({
    byteLength: parquet.length,
    slice: (start, end) => new Uint8Array(parquet.subarray(start, end)).buffer,
  });
  const { arrays, rowCount } = seen ?? { arrays: undefined, rowCount: 0 };
  return {
    job: "events",
    input: found === undefined ? "a moving picture, as EVT3" : basename(found),
    sizeBytes: recording.size,
    result: `${formatCount(converted.events)} events, ${recording.format}, digest ${digest.slice(0, 8)}`,
    seconds,
    peakBytes,
    rate: formatRate(converted.events / seconds, "events"),
    checks: [
      { what: "the digest is that of the Arrow file's columns", isRight: digest === arrowDigest },
      { what: "the Parquet file has as many rows", isRight: Number(metadata.num_rows) === converted.events },
      ...(arrays === undefined
        ? []
        : [
            {
              what: "the digest is that of the events that were simulated",
              isRight: digest === plainDigest(arrays.t, arrays.x, arrays.y, arrays.p, rowCount),
            },
          ]),
    ],
    outputs: [...(seen === undefined ? [] : [path]), arrowPath, parquetPath, picturePath],
  };
};

/** The largest RAW recording in a folder or in its `events`. */
function findRecording(dataDirectory: string): string | undefined {
  return [join(dataDirectory, "events"), dataDirectory]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith(".raw"))
    .sort((a, b) => statSync(b).size - statSync(a).size)[0];
}

async function writeEvt3(events: EventColumns, path: string): Promise<void> {
  await using sink = await EncoderSink.create(path, new Evt3Encoder({ width: WIDTH, height: HEIGHT }));
  const { t, x, y, p } = events.arrays;
  for (let start = 0; start < events.rowCount; start += ROWS_PER_CHUNK) {
    const end = Math.min(start + ROWS_PER_CHUNK, events.rowCount);
    using chunk = allocateChunk(EVENT_SCHEMA);
    chunk.columns.t.set(t.subarray(start, end));
    chunk.columns.x.set(x.subarray(start, end));
    chunk.columns.y.set(y.subarray(start, end));
    chunk.columns.p.set(p.subarray(start, end));
    chunk.rowCount = end - start;
    await sink.write(chunk);
  }
  await sink.finish();
}

/** The canonical digest the slow and obvious way: objects, sorted, packed one by one. */
function plainDigest(
  t: ArrayLike<number | bigint>,
  x: ArrayLike<number | bigint>,
  y: ArrayLike<number | bigint>,
  p: ArrayLike<number | bigint>,
  count: number,
): string {
  const events = Array.from({ length: count }, (_, i) => ({
    t: Number(t[i]),
    x: Number(x[i]),
    y: Number(y[i]),
    p: Number(p[i]),
  })).sort((a, b) => a.t - b.t || a.x - b.x || a.y - b.y || a.p - b.p);
  const packed = Buffer.alloc(13 * count);
  for (const [i, event] of events.entries()) {
    packed.writeUInt16LE(event.x, 13 * i);
    packed.writeUInt16LE(event.y, 13 * i + 2);
    packed.writeUInt8(event.p, 13 * i + 4);
    packed.writeBigInt64LE(BigInt(event.t), 13 * i + 5);
  }
  return createHash("sha256").update(packed).digest("hex");
}
