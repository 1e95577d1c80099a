import { BufferPool } from "@millrace/buffers";
import { type ArrowColumn, type ArrowTable, arrowTableOf } from "@millrace/columnar";
import type { FormatName } from "../formats.ts";
import { openRecording, type RecordingInput } from "../open-recording.ts";
import type { Recording } from "../recording.ts";
import { type EventBatch, EventBatches } from "./event-batches.ts";
import { type LoadOptions, type PolarityCoding, planLoad } from "./load-options.ts";
import { loadInParallel } from "./parallel-load.ts";
import { signPolarities } from "./sign-polarities.ts";

/** Bytes that an event takes in a file, about; only to choose between two ways to the same table. */
const BYTES_PER_EVENT: Partial<Record<FormatName, number>> = {
  EVT2: 4,
  "EVT2.1": 4,
  EVT3: 2.5,
  EVT4: 4,
  ES: 5,
  "N-MNIST": 5,
  AEDAT4: 5,
  HDF5: 4,
  text: 16,
};
/** The largest coordinate that int16 holds. */
const INT16_MAX = 32_767;

/**
 * Loads a recording as one Arrow table: `t` Duration in µs (int64), `x` and `y` int16, `polarity` int8.
 *
 * `x` and `y` are uint16 where a sensor has more than 32,768 columns or rows, or where nothing tells its size and an
 * event lies beyond. Metadata: `format`, `source`, `polarity` ("0/1" or "-1/1"), and `width` and `height` where known.
 *
 * Above `streamingThreshold` the table has a record batch for each chunk, and nothing is copied; below, one for all.
 *
 * @throws CapacityError `EVENTS_LOAD_MEMORY` before the columns take more than `memoryLimit`
 * @throws as `openRecording` and `recording.events` do
 * @example
 * const table = await loadEvents("drive.raw", { polarity: "signed", query: { from: 1_000_000 } });
 * table.numRows; // table.getChild("t"), x, y, polarity
 */
export async function loadEvents(input: RecordingInput, options: LoadOptions = {}): Promise<ArrowTable> {
  const plan = planLoad(options);
  await using recording = await openRecording(input, {
    ...plan.recording,
    rowsPerChunk: plan.chunkSize,
    // Its buffers stay in the table: nothing comes back.
    pool: new BufferPool(),
  });
  const batches = new EventBatches(recording.name, plan.memoryLimit);
  const isSigned = isSignedIn(recording.format, plan.polarity);
  const isParallel =
    typeof input === "string" && (await loadInParallel(input, recording, plan, batches, isSigned));
  if (!isParallel) for await (const chunk of recording.events(plan.query)) batches.add(chunk);
  const isStreamed = estimateEvents(recording) > plan.streamingThreshold;
  const rows = isStreamed ? batches.take() : batches.takeJoined();
  // Threads have done it before.
  if (isSigned && !isParallel) for (const { p } of rows) signPolarities(p);
  return tableOf(recording, rows, isSigned);
}

/** Events of a recording as its size tells, before they are read; exact to a factor of about two. */
export function estimateEvents({ size, format }: Pick<Recording, "size" | "format">): number {
  return size / (BYTES_PER_EVENT[format] ?? 8);
}

function tableOf(recording: Recording, batches: EventBatch[], isSigned: boolean): Promise<ArrowTable> {
  const { format, name: source, width, height } = recording;
  const isWide = Math.max(width ?? 0, height ?? 0) > INT16_MAX + 1;
  const columns: readonly ArrowColumn[] = [
    { name: "t", kind: "durationUs" },
    { name: "x", kind: isWide ? "uint16" : "int16" },
    { name: "y", kind: isWide ? "uint16" : "int16" },
    { name: "polarity", kind: "int8" },
  ];
  const rows = batches.map(({ t, x, y, p }) => ({
    t,
    x: isWide ? x : signed16(x),
    y: isWide ? y : signed16(y),
    polarity: signed8(p),
  }));
  const size = width === undefined || height === undefined ? {} : { width: `${width}`, height: `${height}` };
  return arrowTableOf(columns, rows, { format, source, polarity: isSigned ? "-1/1" : "0/1", ...size });
}

/** evlib's users expect -1 and 1 of EVT2 alone. */
function isSignedIn(format: FormatName, polarity: PolarityCoding): boolean {
  return polarity === "signed" || (polarity === "auto" && format === "EVT2");
}

function signed16(values: Uint16Array<ArrayBuffer>): Int16Array<ArrayBuffer> {
  return new Int16Array(values.buffer, values.byteOffset, values.length);
}

function signed8(values: Uint8Array<ArrayBuffer>): Int8Array<ArrayBuffer> {
  return new Int8Array(values.buffer, values.byteOffset, values.length);
}
