import { type ByteSource, bytesSource } from "@millrace/files";
import { ECF_RECORD_BYTES } from "../src/ecf-decoder.ts";
import { DecoderContext, type EventDecoder } from "../src/event-decoder.ts";
import { EventRows } from "../src/event-rows.ts";
import {
  type EventChunk,
  type EventQuery,
  Evt3Encoder,
  openRecording,
  type Recording,
  type RecordingOptions,
} from "../src/index.ts";

/** One event as its four numbers. */
export type Event = readonly [t: number, x: number, y: number, p: number];

/** The events of a chunk. */
export function eventsOf(chunk: EventChunk): Event[] {
  const { t, x, y, p } = chunk.columns;
  return Array.from({ length: chunk.rowCount }, (_, i) => [Number(t[i]!), x[i]!, y[i]!, p[i]!]);
}

/** All events of a recording, or those of a query, in order. */
export async function readEvents(recording: Recording, query?: EventQuery): Promise<Event[]> {
  const events: Event[] = [];
  for await (const chunk of recording.events(query)) {
    events.push(...eventsOf(chunk));
    chunk.release();
  }
  return events;
}

/** Opens bytes as a recording. */
export function openBytes(bytes: Uint8Array | string, options?: RecordingOptions): Promise<Recording> {
  const encoded = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  return openRecording(bytesSource(encoded, "test input"), options);
}

/** A chunk of events. */
export function chunkOf(events: readonly Event[]): EventChunk {
  const rows = new EventRows(Math.max(1, events.length));
  const { t, x, y, p } = rows.chunk.columns;
  for (const [i, event] of events.entries()) {
    t[i] = BigInt(event[0]);
    x[i] = event[1];
    y[i] = event[2];
    p[i] = event[3];
  }
  rows.rowCount = events.length;
  return rows.seal();
}

/** Little-endian bytes of words, as the format's document writes them: "80000003 00402804". */
export function wordBytes(hex: string, wordSize: 2 | 4): Uint8Array {
  const words = hex.trim().split(/\s+/);
  const bytes = new Uint8Array(words.length * wordSize);
  for (const [i, word] of words.entries()) {
    let value = Number.parseInt(word, 16);
    for (let byte = 0; byte < wordSize; byte++, value = Math.floor(value / 256)) {
      bytes[i * wordSize + byte] = value % 256;
    }
  }
  return bytes;
}

/** What a decoder makes of pieces: its events, what it counted, and the triggers. */
export interface Decoded {
  readonly events: Event[];
  readonly violations: object;
  readonly triggers: (readonly [t: number, id: number, value: number])[];
}

/** Feeds a decoder with pieces, into rows of a small capacity. */
export function decodePieces(
  newDecoder: (context: DecoderContext) => EventDecoder,
  pieces: readonly Uint8Array[],
  rowsPerChunk = 16,
  width?: number,
  height?: number,
): Decoded {
  const context = new DecoderContext(0, width, height);
  const decoder = newDecoder(context);
  const events: Event[] = [];
  let rows = new EventRows(rowsPerChunk);
  const flush = (): void => {
    events.push(...eventsOf(rows.seal()));
    rows = new EventRows(rowsPerChunk);
  };
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      at = decoder.decode(piece, at, rows);
      if (rows.capacity - rows.rowCount < decoder.rowsPerStep) flush();
    }
  }
  decoder.finish(rows);
  flush();
  const { t, id, value } = context.triggers.columns;
  return {
    events,
    violations: context.violations.counts(),
    triggers: Array.from(t, (time, i) => [Number(time), id[i]!, value[i]!]),
  };
}

/** Cuts bytes at the given places, each piece at an address of its own. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const borders = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((end, i) => {
    // A copy behind one byte: its address is odd, whatever the cut.
    const piece = new Uint8Array(end - borders[i]! + 1).subarray(1);
    piece.set(bytes.subarray(borders[i]!, end));
    return piece;
  });
}

/** An EVT2 recording that is made as it is read: `count` events, one a microsecond; nothing of it is kept. */
export function generatedEvt2(count: number): ByteSource {
  const header = new TextEncoder().encode("% format EVT2;height=480;width=640\n% end\n");
  // Every 64 events share a time-high word.
  const words = count + Math.ceil(count / 64);
  const close = async (): Promise<void> => {};
  return {
    name: "generated",
    size: header.length + 4 * words,
    read: async (into, position) => {
      const size = header.length + 4 * words;
      const length = Math.min(into.length, size - position);
      if (position < header.length) into.set(header.subarray(position, position + length));
      const start = Math.max(position, header.length);
      if ((start - header.length) % 4 !== 0) throw new Error("reads begin at a word here");
      const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
      for (let at = start; at + 4 <= position + length; at += 4) {
        const index = (at - header.length) / 4;
        const group = Math.floor(index / 65);
        const i = index % 65;
        const event = (((i - 1) << 22) | ((index % 640) << 11) | (index % 480)) >>> 0;
        const word = i === 0 ? 0x80000000 + group : event + (index % 2) * 0x10000000;
        view.setUint32(at - position, word, true);
      }
      return length;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A recording of 3,000 events on a small sensor. */
export function recordingBytes(): Uint8Array {
  const encoder = new Evt3Encoder({ width: 64, height: 48 });
  const events = Array.from({ length: 3000 }, (_, i): Event => [7 * i, (i * i) % 64, i % 48, i & 1]);
  return Uint8Array.from([...encoder.header(), ...encoder.encode(chunkOf(events))]);
}

/** Bytes as hexadecimal digits, with blanks anywhere. */
export function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
}

/** An AEDAT 3.1 packet of events of 8 bytes. */
export function aedat3Packet(
  type: number,
  events: readonly (readonly [data: number, time: number])[],
  overflow = 0,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(28 + 8 * events.length));
  view.setInt16(0, type, true);
  view.setInt32(4, 8, true);
  view.setInt32(12, overflow, true);
  for (const at of [16, 20, 24]) view.setInt32(at, events.length, true);
  for (const [i, [data, time]] of events.entries()) {
    view.setUint32(28 + 8 * i, data, true);
    view.setInt32(32 + 8 * i, time, true);
  }
  return new Uint8Array(view.buffer);
}

/** Records of Metavision's compound type: x u16, y u16, p i16, two unused, t i64. */
export function ecfRecords(events: readonly Event[]): Uint8Array {
  const records = new Uint8Array(events.length * ECF_RECORD_BYTES);
  const view = new DataView(records.buffer);
  events.forEach(([t, x, y, p], i) => {
    const at = i * ECF_RECORD_BYTES;
    view.setUint16(at, x, true);
    view.setUint16(at + 2, y, true);
    view.setInt16(at + 4, p, true);
    view.setBigInt64(at + 8, BigInt(t), true);
  });
  return records;
}
