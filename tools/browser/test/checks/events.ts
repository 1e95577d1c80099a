import { crc32c } from "@millrace/base";
import {
  convertRecording,
  digestEvents,
  EVENT_SCHEMA,
  Evt3Encoder,
  openRecording,
  type Recording,
  summarizeEvents,
} from "@millrace/event-loader";
import { MemoryVfs, readFull } from "@millrace/files";
import { allocateChunk } from "@millrace/stream";

const EVENTS = 50_000;

/** A recording of @millrace/event-loader that is made, opened as a Blob, summed up and converted. */
export async function checkEvents(): Promise<object> {
  const encoder = new Evt3Encoder({ width: 320, height: 240 });
  using chunk = allocateChunk(EVENT_SCHEMA, EVENTS);
  const { t, x, y, p } = chunk.columns;
  for (let i = 0; i < EVENTS; i++) {
    t[i] = BigInt(400 * i);
    x[i] = (i * 31) % 320;
    y[i] = (i * 17) % 240;
    p[i] = i & 1;
  }
  chunk.rowCount = EVENTS;
  const file = new File([encoder.header().slice(), encoder.encode(chunk).slice()], "made.raw");
  await using recording = await openRecording(file);
  const vfs = new MemoryVfs();
  const converted = await convertRecording(recording, "made.parquet", { vfs });
  await using parquet = await vfs.open("made.parquet", "r");
  const bytes = new Uint8Array(converted.bytes);
  await readFull(parquet, bytes, 0);
  return { bytes: file.size, ...(await describe(recording)), converted, parquet: crc32c(bytes) };
}

/** The same facts of a recording that this page's server has. */
export async function checkRecording(url: string): Promise<object> {
  const response = await fetch(url);
  await using recording = await openRecording(await response.blob());
  // Awaited here: the recording closes when this function ends.
  return await describe(recording);
}

/** What `info` and `digest` say of a recording, as plain JSON. */
export async function describe(recording: Recording): Promise<object> {
  const summary = await summarizeEvents(recording.events());
  const { violations, triggerCount } = recording;
  const { events, digest } = await digestEvents(recording.events());
  const { format, width, height } = recording;
  return { format, width, height, summary, violations, triggerCount, events, digest };
}
