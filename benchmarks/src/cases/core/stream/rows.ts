import { writeU16, writeU32 } from "@millrace/base";
import { BufferPool } from "@millrace/buffers";
import { allocateChunk, type ColumnChunk, MemoryBudget, ROWS_PER_CHUNK, readAhead } from "@millrace/stream";
import type { BenchmarkCase, BenchmarkCases, Contender } from "../../../case.ts";
import { nodeStreams, ROW_BYTES, type RunRows, webStreams } from "../../../row-streams.ts";

const SCHEMA = [
  { name: "x", kind: "uint16" },
  { name: "y", kind: "uint16" },
  { name: "p", kind: "uint8" },
  { name: "t", kind: "int64" },
] as const;
type Events = ColumnChunk<typeof SCHEMA>;

/** One chunk of packed events, x u16, y u16, p u8, t u64: every fourth is of polarity 1. */
function packedRows(rows: number): Uint8Array {
  const bytes = new Uint8Array(rows * ROW_BYTES);
  for (let row = 0; row < rows; row++) {
    const at = row * ROW_BYTES;
    writeU16(bytes, at, (row * 7) % 640);
    writeU16(bytes, at + 2, (row * 3) % 480);
    bytes[at + 4] = row % 4 === 0 ? 1 : 0;
    writeU32(bytes, at + 5, row);
  }
  return bytes;
}

// A DataView reads words at any offset in one instruction.
function decode(bytes: DataView, chunk: Events, rows: number): void {
  const { x, y, p } = chunk.columns;
  const t = chunk.words("t");
  for (let row = 0, at = 0; row < rows; row++, at += ROW_BYTES) {
    const xy = bytes.getUint32(at, true);
    x[row] = xy;
    y[row] = xy >>> 16;
    p[row] = bytes.getUint8(at + 4);
    t[2 * row] = bytes.getInt32(at + 5, true);
    t[2 * row + 1] = bytes.getInt32(at + 9, true);
  }
  chunk.rowCount = rows;
}

/** Keeps the rows of polarity 1, in place. */
function filterOn(chunk: Events): void {
  const { x, y, p } = chunk.columns;
  const t = chunk.words("t");
  const { rowCount } = chunk;
  let kept = 0;
  for (let row = 0; row < rowCount; row++) {
    if (p[row] !== 1) continue;
    x[kept] = x[row]!;
    y[kept] = y[row]!;
    p[kept] = 1;
    t[2 * kept] = t[2 * row]!;
    t[2 * kept + 1] = t[2 * row + 1]!;
    kept++;
  }
  chunk.rowCount = kept;
}

function encode(chunk: Events, bytes: DataView): number {
  const { x, y, p } = chunk.columns;
  const t = chunk.words("t");
  const { rowCount } = chunk;
  let at = 0;
  for (let row = 0; row < rowCount; row++, at += ROW_BYTES) {
    bytes.setUint32(at, x[row]! | (y[row]! << 16), true);
    bytes.setUint8(at + 4, p[row]!);
    bytes.setInt32(at + 5, t[2 * row]!, true);
    bytes.setInt32(at + 9, t[2 * row + 1]!, true);
  }
  return at;
}

/** Chunks through decode, filter and write, with a budget of 16 MB between the stages; the bytes written. */
async function runChunks(rows: number, packed: Uint8Array, pool: BufferPool): Promise<number> {
  async function* decoded(): AsyncGenerator<Events> {
    for (let left = rows; left > 0; left -= ROWS_PER_CHUNK) {
      const chunk = allocateChunk(SCHEMA, ROWS_PER_CHUNK, pool);
      decode(input, chunk, Math.min(left, ROWS_PER_CHUNK));
      yield chunk;
    }
  }
  const output = new DataView(new ArrayBuffer(ROWS_PER_CHUNK * ROW_BYTES));
  const input = new DataView(packed.buffer);
  let written = 0;
  for await (const chunk of readAhead(decoded(), new MemoryBudget(16_000_000))) {
    filterOn(chunk);
    written += encode(chunk, output);
    chunk.release();
  }
  return written;
}

const PEER_ROWS = 1_000_000;

function bytesWritten(rows: number): number {
  const whole = Math.floor(rows / ROWS_PER_CHUNK) * (ROWS_PER_CHUNK / 4);
  return (whole + Math.ceil((rows % ROWS_PER_CHUNK) / 4)) * ROW_BYTES;
}

/**
 * Rows through decode → filter → write; the peers carry one object a row and get fewer of them. The reach counts
 * where rows are items from the source on; streams that get whole blocks and cut them up inside run for comparison.
 */
function rowsCase(ourRows: number, isFull: boolean): BenchmarkCase {
  const packed = packedRows(ROWS_PER_CHUNK);
  const contender = (name: string, rows: number, run: RunRows): Contender => ({
    name,
    amount: rows,
    prepare: async () => async () => {
      const written = await run(rows, packed);
      if (written === bytesWritten(rows)) return;
      throw new Error(`${written} bytes written, expected ${bytesWritten(rows)}`);
    },
  });
  const pool = new BufferPool();
  return {
    unit: "rows",
    amount: ourRows,
    ours: contender("millrace", ourRows, (rows) => runChunks(rows, packed, pool)),
    peers: [
      contender("Node streams, a row an item", PEER_ROWS, nodeStreams("a row")),
      contender("web streams, a row an item", PEER_ROWS, webStreams("a row")),
      contender("Node streams, rows out of blocks", PEER_ROWS, nodeStreams("a block")),
      contender("web streams, rows out of blocks", PEER_ROWS, webStreams("a block")),
    ],
    reach: { ratio: 50, peers: ["Node streams, a row an item", "web streams, a row an item"] },
    isFull,
  };
}

export const cases: BenchmarkCases = {
  "rows-10M": rowsCase(10_000_000, false),
  "rows-100M": rowsCase(100_000_000, true),
  "rows-1000M": rowsCase(1_000_000_000, true),
};
