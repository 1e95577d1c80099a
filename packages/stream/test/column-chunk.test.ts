import { BufferPool, ELEMENT_KINDS } from "@millrace/buffers";
import { expect, expectTypeOf, test } from "vitest";
import {
  allocateChunk,
  attachChunk,
  bytesPerRow,
  ChunkBatch,
  copyRows,
  detachChunk,
  ROWS_PER_CHUNK,
} from "../src/index.ts";

const EVENTS = [
  { name: "t", kind: "int64" },
  { name: "x", kind: "uint16" },
] as const;

test("a chunk has one typed array a column, of its kind and capacity", () => {
  const chunk = allocateChunk(EVENTS, 100);
  expectTypeOf(chunk.columns.t).toEqualTypeOf<BigInt64Array<ArrayBuffer>>();
  expectTypeOf(chunk.columns.x).toEqualTypeOf<Uint16Array<ArrayBuffer>>();
  expect([chunk.columns.t.length, chunk.columns.x.length, chunk.rowCount]).toEqual([100, 100, 0]);
  expect(bytesPerRow(EVENTS)).toBe(10);
  expect(chunk.byteLength).toBe(1000);
  expect(allocateChunk(EVENTS).rowCapacity).toBe(ROWS_PER_CHUNK);
});

test("every element kind makes a column", () => {
  const schema = ELEMENT_KINDS.map((kind) => ({ name: kind, kind }));
  expect(Object.keys(allocateChunk(schema, 1).columns)).toEqual([...ELEMENT_KINDS]);
});

test("words are the column's own memory, low word first", () => {
  const chunk = allocateChunk(EVENTS, 3);
  const words = chunk.words("t");
  words[2] = -1;
  words[3] = 7;
  expect(chunk.columns.t[1]).toBe(7n * 2n ** 32n + 0xffffffffn);
  chunk.columns.t[2] = -2n;
  expect([words.length, words[4], words[5]]).toEqual([6, -2, -1]);
  for (const name of ["x", "y"]) {
    expect(() => chunk.words(name)).toThrow(expect.objectContaining({ code: "STREAM_COLUMN_UNKNOWN" }));
  }
});

test("release gives the memory back to the pool, and the next chunk reuses it", () => {
  const pool = new BufferPool();
  const first = allocateChunk(EVENTS, 1000, pool);
  const memory = first.columns.t.buffer;
  first.release();
  expect(pool.stats()).toMatchObject({ outstandingBytes: 0 });
  expect(allocateChunk(EVENTS, 1000, pool).columns.t.buffer).toBe(memory);
});

test("a second release and any use after it are refused, a using scope is not", () => {
  const pool = new BufferPool();
  const chunk = allocateChunk(EVENTS, 10, pool);
  {
    using scoped = chunk;
    scoped.release();
  }
  const released = expect.objectContaining({ code: "STREAM_CHUNK_RELEASED" });
  expect(() => chunk.release()).toThrow(released);
  expect(() => chunk.columns).toThrow(released);
  expect(() => chunk.words("t")).toThrow(released);
  expect(() => detachChunk(chunk)).toThrow(released);
  expect(pool.stats().outstandingBytes).toBe(0);
  {
    using _scoped = allocateChunk(EVENTS, 10, pool);
    expect(pool.stats().outstandingBytes).toBeGreaterThan(0);
  }
  expect(pool.stats().outstandingBytes).toBe(0);
});

test("the row count stays within the capacity", () => {
  const chunk = allocateChunk(EVENTS, 10);
  chunk.rowCount = 10;
  for (const rows of [-1, 11, 0.5, Number.NaN]) {
    expect(() => {
      chunk.rowCount = rows;
    }).toThrow(expect.objectContaining({ code: "STREAM_OPTION_RANGE" }));
  }
  expect(chunk.rowCount).toBe(10);
});

test("a detached chunk survives a transfer and is put together on the other side", () => {
  const pool = new BufferPool();
  const chunk = allocateChunk(EVENTS, 10, pool);
  chunk.columns.x.set([5, 6, 7]);
  chunk.rowCount = 3;
  const detached = detachChunk(chunk);
  const arrived = structuredClone(detached, { transfer: detached.buffers });
  const attached = attachChunk(arrived, pool);
  expect([...attached.columns.x.subarray(0, attached.rowCount)]).toEqual([5, 6, 7]);
  attached.release();
  expect(pool.stats().outstandingBytes).toBe(0);
});

test("buffers that do not fit the schema are refused", () => {
  const detached = { schema: EVENTS, rowCount: 1, rowCapacity: 10, buffers: [new ArrayBuffer(80)] };
  expect(() => attachChunk(detached)).toThrow(expect.objectContaining({ code: "STREAM_CHUNK_BUFFERS" }));
  const tooSmall = { ...detached, buffers: [new ArrayBuffer(79), new ArrayBuffer(20)] };
  expect(() => attachChunk(tooSmall)).toThrow(expect.objectContaining({ code: "BUFFERS_VIEW_RANGE" }));
});

test("copyRows copies just those rows of every column", () => {
  const chunk = allocateChunk(EVENTS, 10);
  for (let row = 0; row < 10; row++) {
    chunk.columns.t[row] = BigInt(-row);
    chunk.columns.x[row] = row;
  }
  chunk.rowCount = 8;
  const copy = copyRows(chunk, 3, 8);
  expect([copy.rowCount, copy.rowCapacity]).toEqual([5, 5]);
  expect([...copy.columns.t]).toEqual([-3n, -4n, -5n, -6n, -7n]);
  expect([...copy.columns.x]).toEqual([3, 4, 5, 6, 7]);
  for (const [start, end] of [
    [0, 9],
    [3, 3],
    [-1, 2],
    [4, 3],
  ] as const) {
    expect(() => copyRows(chunk, start, end)).toThrow(
      expect.objectContaining({ code: "STREAM_OPTION_RANGE" }),
    );
  }
});

test("refuses empty schemas, repeated names, unknown kinds and capacities out of range", () => {
  const names = expect.objectContaining({ code: "STREAM_SCHEMA_NAMES" });
  expect(() => allocateChunk([])).toThrow(names);
  expect(() => allocateChunk([EVENTS[0], EVENTS[0]])).toThrow(names);
  expect(() => allocateChunk([{ name: "a", kind: "int24" as "int32" }])).toThrow(/int24/);
  for (const capacity of [0, 0.5, 2 ** 25]) {
    expect(() => allocateChunk(EVENTS, capacity)).toThrow(
      expect.objectContaining({ code: "STREAM_OPTION_RANGE" }),
    );
  }
});

test("a batch sums up its chunks and releases them", () => {
  const pool = new BufferPool();
  const chunks = [3, 4].map((rows) => {
    const chunk = allocateChunk(EVENTS, 10, pool);
    chunk.rowCount = rows;
    return chunk;
  });
  const batch = new ChunkBatch(chunks);
  expect([batch.rowCount, batch.byteLength]).toEqual([7, chunks[0]!.byteLength * 2]);
  batch.release();
  batch[Symbol.dispose]();
  expect(pool.stats().outstandingBytes).toBe(0);
  expect(() => batch.release()).toThrow(expect.objectContaining({ code: "STREAM_CHUNK_RELEASED" }));
});
