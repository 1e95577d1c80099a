import { Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { writeU16, writeU32 } from "@millrace/base";

/** Bytes of a packed event: x u16, y u16, p u8, t u64. */
export const ROW_BYTES = 13;

/** A peer's way: so many rows out of `packed`, which repeats, through decode → filter → write; the bytes written. */
export type RunRows = (rows: number, packed: Uint8Array) => Promise<number>;

interface Row {
  readonly x: number;
  readonly y: number;
  readonly p: number;
  readonly t: number;
}

/** What goes in: the bytes of one row an item, or of as many rows as `packed` has. */
type Items = "a row" | "a block";

function* itemsOf(items: Items, rows: number, packed: Uint8Array): Generator<Uint8Array, undefined> {
  const step = items === "a row" ? ROW_BYTES : packed.length;
  for (let left = rows * ROW_BYTES, at = 0; left > 0; left -= step) {
    yield packed.subarray(at, at + Math.min(step, left));
    at = (at + step) % packed.length;
  }
}

function decodeRow(view: DataView, at: number): Row {
  return {
    x: view.getUint16(at, true),
    y: view.getUint16(at + 2, true),
    p: view.getUint8(at + 4),
    t: view.getUint32(at + 5, true),
  };
}

function encodeRow(row: Row, output: Uint8Array): void {
  writeU16(output, 0, row.x);
  writeU16(output, 2, row.y);
  output[4] = row.p;
  writeU32(output, 5, row.t);
}

/** Node streams in object mode. */
export function nodeStreams(items: Items): RunRows {
  return async (rows, packed) => {
    const output = new Uint8Array(ROW_BYTES);
    let written = 0;
    const source = itemsOf(items, rows, packed);
    const reader = new Readable({
      objectMode: true,
      // Without the asynchronous iteration of Readable.from, which costs a promise an item.
      read() {
        while (this.push(source.next().value ?? null));
      },
    });
    const decoder = new Transform({
      objectMode: true,
      transform(bytes: Uint8Array, _encoding, done) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        for (let at = 0; at < bytes.length; at += ROW_BYTES) this.push(decodeRow(view, at));
        done();
      },
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
    await pipeline(reader, decoder, filter, sink);
    return written;
  };
}

/** Web streams of objects. */
export function webStreams(items: Items): RunRows {
  return async (rows, packed) => {
    const output = new Uint8Array(ROW_BYTES);
    let written = 0;
    const source = itemsOf(items, rows, packed);
    const reader = new ReadableStream<Uint8Array>({
      pull(controller) {
        const { value } = source.next();
        if (value === undefined) controller.close();
        else controller.enqueue(value);
      },
    });
    const decoder = new TransformStream<Uint8Array, Row>({
      transform(bytes, controller) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        for (let at = 0; at < bytes.length; at += ROW_BYTES) controller.enqueue(decodeRow(view, at));
      },
    });
    const filter = new TransformStream<Row, Row>({
      transform(row, controller) {
        if (row.p === 1) controller.enqueue(row);
      },
    });
    const sink = new WritableStream<Row>({
      write(row) {
        encodeRow(row, output);
        written += ROW_BYTES;
      },
    });
    await reader.pipeThrough(decoder).pipeThrough(filter).pipeTo(sink);
    return written;
  };
}
