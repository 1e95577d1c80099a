import { peakResidentBytes } from "@millrace/metrics";
import { Evt3Encoder, loadEvents, openRecording, summarizeEvents, syntheticScene } from "../src/index.ts";
import { generatedEvt2 } from "./helpers.ts";

// A process of its own for tests of memory: `node memory-child.ts load|stream EVENTS ROWS_PER_CHUNK` prints by how many
// bytes the most memory that it had grew from a short recording to one of so many events.
const [kind, events, rowsPerChunk] = process.argv.slice(2);
const rows = Number(rowsPerChunk);

async function load(count: number): Promise<number> {
  const memoryLimit = 16 * count + 2 ** 20;
  return (await loadEvents(generatedEvt2(count), { chunkSize: rows, memoryLimit })).numRows;
}

/** EVT 3.0 as our encoder writes it, of a scene that does not repeat, made as it is read. */
async function* evt3Bytes(count: number): AsyncGenerator<Uint8Array> {
  const encoder = new Evt3Encoder({ width: 1280, height: 720 });
  yield encoder.header();
  for await (const chunk of syntheticScene({ events: count, seed: 3, ratePerUs: 20 })) {
    const bytes = encoder.encode(chunk);
    chunk.release();
    yield bytes;
  }
}

async function stream(count: number): Promise<number> {
  await using recording = await openRecording(evt3Bytes(count), { rowsPerChunk: rows });
  return (await summarizeEvents(recording.events())).events;
}

const work = kind === "load" ? load : stream;
await work(100_000);
const before = peakResidentBytes();
const found = await work(Number(events));
console.log(JSON.stringify({ events: found, grownBytes: peakResidentBytes() - before }));
