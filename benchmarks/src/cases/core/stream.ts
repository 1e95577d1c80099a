import { Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { writeU16, writeU32 } from "@millrace/base";
import { BufferPool } from "@millrace/buffers";
import {
  allocateChunk,
  type ColumnChunk,
  MemoryBudget,
  orderedParallelMap,
  ROWS_PER_CHUNK,
  readAhead,
  WorkerPool,
} from "@millrace/stream";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../case.ts";
import { importPeer } from "../../peers.ts";
import { mixWords, type SumTask } from "../../workers/sum-task.ts";

const ROW_BYTES = 13;
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

interface Row {
  x: number;
  y: number;
  p: number;
  t: number;
}

function decodeRow(bytes: Uint8Array): Row {
  const view = new DataView(bytes.buffer, bytes.byteOffset, ROW_BYTES);
  return {
    x: view.getUint16(0, true),
    y: view.getUint16(2, true),
    p: view.getUint8(4),
    t: view.getUint32(5, true),
  };
}

/** The rows as 13 bytes each. */
function* rowBytes(rows: number, packed: Uint8Array): Generator<Uint8Array> {
  for (let row = 0; row < rows; row++) {
    const at = (row % ROWS_PER_CHUNK) * ROW_BYTES;
    yield packed.subarray(at, at + ROW_BYTES);
  }
}

function encodeRow(row: Row, output: Uint8Array): void {
  writeU16(output, 0, row.x);
  writeU16(output, 2, row.y);
  output[4] = row.p;
  writeU32(output, 5, row.t);
}

async function runNodeStreams(rows: number, packed: Uint8Array): Promise<number> {
  const output = new Uint8Array(ROW_BYTES);
  let written = 0;
  const decoder = new Transform({
    objectMode: true,
    transform: (bytes: Uint8Array, _encoding, done) => done(null, decodeRow(bytes)),
  });
  const filter = new Transform({
    objectMode: true,
    transform: (row: Row, _encoding, done) => done(null, row.p === 1 ? row : undefined),
  });
  const sink = new Writable({
    objectMode: true,
    write: (row: Row, _encoding, done) => {
      encodeRow(row, output);
      written += ROW_BYTES;
      done();
    },
  });
  await pipeline(Readable.from(rowBytes(rows, packed)), decoder, filter, sink);
  return written;
}

async function runWebStreams(rows: number, packed: Uint8Array): Promise<number> {
  const output = new Uint8Array(ROW_BYTES);
  let written = 0;
  const decoder = new TransformStream<Uint8Array, Row>({
    transform: (bytes, controller) => controller.enqueue(decodeRow(bytes)),
  });
  const filter = new TransformStream<Row, Row>({
    transform: (row, controller) => {
      if (row.p === 1) controller.enqueue(row);
    },
  });
  const sink = new WritableStream<Row>({
    write: (row) => {
      encodeRow(row, output);
      written += ROW_BYTES;
    },
  });
  const source = ReadableStream.from(rowBytes(rows, packed)) as ReadableStream<Uint8Array>;
  await source.pipeThrough(decoder).pipeThrough(filter).pipeTo(sink);
  return written;
}

/** Rows through decode → filter → write; the peers carry one object a row and get fewer of them. */
function rowsCase(ourRows: number, isFull: boolean): BenchmarkCase {
  const peerRows = 200_000;
  const packed = packedRows(ROWS_PER_CHUNK);
  const expected = (rows: number): number => {
    const whole = Math.floor(rows / ROWS_PER_CHUNK) * (ROWS_PER_CHUNK / 4);
    return (whole + Math.ceil((rows % ROWS_PER_CHUNK) / 4)) * ROW_BYTES;
  };
  const contender = (name: string, rows: number, run: (rows: number) => Promise<number>): Contender => ({
    name,
    amount: rows,
    prepare: async () => async () => {
      const written = await run(rows);
      if (written !== expected(rows)) throw new Error(`${written} bytes written, expected ${expected(rows)}`);
    },
  });
  const pool = new BufferPool();
  return {
    unit: "rows",
    amount: ourRows,
    ours: contender("millrace", ourRows, (rows) => runChunks(rows, packed, pool)),
    peers: [
      contender("Node streams of objects", peerRows, (rows) => runNodeStreams(rows, packed)),
      contender("web streams of objects", peerRows, (rows) => runWebStreams(rows, packed)),
    ],
    reach: { ratio: 50 },
    isFull,
  };
}

const TASK_WORDS = 1 << 18;
const TASKS = 64;
const SUM_TASK = new URL("../../workers/sum-task.ts", import.meta.url);

interface PeerPool {
  run(task: SumTask, options: { transferList: ArrayBuffer[] }): Promise<ArrayBuffer>;
}

/** Tasks on 1 MiB over two workers; with 0 rounds the tasks do nothing, and what is left is the pool's own price. */
function poolCase(rounds: number, reach: NonNullable<BenchmarkCase["reach"]>): BenchmarkCase {
  // The same buffers go round, as they do through a pool: a worker hands each back with its result.
  let buffers: ArrayBuffer[] | undefined;
  const tasks = (): SumTask[] => {
    // Made when they are needed: they must not count in the peak memory of this file's other cases.
    buffers ??= Array.from({ length: TASKS }, () => new Uint32Array(TASK_WORDS).fill(1).buffer);
    return buffers.map((buffer) => ({ words: new Uint32Array(buffer), rounds }));
  };
  const each = (run: (task: SumTask) => Promise<ArrayBuffer>): Work => {
    return async () => {
      const back: ArrayBuffer[] = [];
      for await (const buffer of orderedParallelMap(tasks(), run, { concurrency: 4 })) back.push(buffer);
      if (back.length !== TASKS || back.some(({ byteLength }) => byteLength !== 4 * TASK_WORDS)) {
        throw new Error(`${back.length} results, or a buffer that did not come back`);
      }
      buffers = back;
    };
  };
  const peer = (name: string): Contender => ({
    name,
    prepare: async () => {
      process.env.MILLRACE_BENCH_POOL = name;
      const { default: Pool } = await importPeer<{ default: new (options: object) => PeerPool }>(name);
      const pool = new Pool({ filename: SUM_TASK.href, minThreads: 2, maxThreads: 2 });
      return each((task) => pool.run(task, { transferList: [task.words.buffer] }));
    },
  });
  const oneThread: Contender = {
    name: "one thread",
    prepare: async () => () => {
      for (const task of tasks()) mixWords(task);
    },
  };
  return {
    unit: "tasks",
    amount: TASKS,
    ours: {
      name: "millrace, 2 workers",
      prepare: async () => {
        const pool = new WorkerPool<SumTask, SumTask>(SUM_TASK, { threads: 2 });
        return each(async (task) => (await pool.run(task, [task.words.buffer])).words.buffer);
      },
    },
    peers: [...(rounds === 0 ? [] : [oneThread]), peer("piscina"), peer("tinypool")],
    reach,
  };
}

export const cases: BenchmarkCases = {
  "rows-10M": rowsCase(10_000_000, false),
  "rows-100M": rowsCase(100_000_000, true),
  "rows-1000M": rowsCase(1_000_000_000, true),
  "parallel-map": poolCase(4, { ratio: 1.7, peers: ["one thread"] }),
  "pool-overhead": poolCase(0, { ratio: 1, peers: ["piscina", "tinypool"] }),
};
