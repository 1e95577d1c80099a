import { writeU16, writeU32, writeU64 } from "@millrace/base";

// The three FlatBuffers of an AEDAT 4 file (flatbuffers.dev, "Internals"), each with its size in 32 bits before it,
// laid out by hand: every table has all of its fields, at the same places.

/** Bytes of an event: t i64, x i16, y i16, on bool, three unused. */
export const EVENT_BYTES = 16;

/** A packet, as the table at the end of the file lists it. */
export interface PacketEntry {
  /** Of the content, behind the packet's header of 8 bytes. */
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly events: number;
  readonly firstUs: number;
  readonly lastUs: number;
}

/** Where the root table of a buffer with one vector lies, and where the vector's elements begin. */
const ROOT_AT = 20;
const ELEMENTS_AT = 32;
const ENTRY_BYTES = 44;

/** The header: how packets are compressed, where the table of them is (-1 for nowhere), and the streams in XML. */
export function fileHeader(compression: number, tableAt: number, xml: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(xml);
  // Its end is aligned, since the table of a finished file only changes the position inside.
  const bytes = begin("IOHE", (52 + text.length + 1 + 7) & ~7, 28);
  writeVtable(bytes, 12, 28, 20, [12, 4, 16]);
  writeU32(bytes, 32, tableAt < 0 ? 0xffff_ffff : tableAt % 2 ** 32);
  writeU32(bytes, 36, tableAt < 0 ? 0xffff_ffff : Math.floor(tableAt / 2 ** 32));
  writeU32(bytes, 40, compression);
  writeU32(bytes, 44, 48 - 44);
  writeU32(bytes, 48, text.length);
  bytes.set(text, 52);
  return bytes;
}

/** A packet of events; its elements begin at {@link EVENTS_AT} and are the caller's to fill. */
export function eventsBuffer(count: number): Uint8Array<ArrayBuffer> {
  return vectorBuffer("EVTS", count, count * EVENT_BYTES);
}

/** Where the first event of an {@link eventsBuffer} is. */
export const EVENTS_AT: number = ELEMENTS_AT;

/** The table of packets. */
export function packetTable(entries: readonly PacketEntry[], stream: number): Uint8Array<ArrayBuffer> {
  const vtableAt = ELEMENTS_AT + 4 * entries.length;
  // The numbers of 64 bits come behind the first word of a table: that is where multiples of 8 must be.
  const firstAt = ((vtableAt + 14 + 7) & ~7) + 4;
  const stride = ENTRY_BYTES + 4;
  const bytes = vectorBuffer("FTAB", entries.length, firstAt + stride * entries.length - ELEMENTS_AT);
  entries.forEach((entry, i) => {
    const at = firstAt + stride * i;
    writeU32(bytes, ELEMENTS_AT + 4 * i, at - (ELEMENTS_AT + 4 * i));
    writeVtable(bytes, vtableAt, at, ENTRY_BYTES, [4, 12, 20, 28, 36]);
    writeU64(bytes, at + 4, entry.byteOffset);
    writeU32(bytes, at + 12, stream);
    writeU32(bytes, at + 16, entry.byteLength);
    writeU64(bytes, at + 20, entry.events);
    writeU64(bytes, at + 28, entry.firstUs);
    writeU64(bytes, at + 36, entry.lastUs);
  });
  return bytes;
}

/** A buffer whose root has one field, a vector. */
function vectorBuffer(id: string, count: number, elementBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = begin(id, ELEMENTS_AT + elementBytes, ROOT_AT);
  writeVtable(bytes, 12, ROOT_AT, 8, [4]);
  writeU32(bytes, ROOT_AT + 4, 4);
  writeU32(bytes, ROOT_AT + 8, count);
  return bytes;
}

function begin(id: string, byteLength: number, rootAt: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  writeU32(bytes, 0, byteLength - 4);
  writeU32(bytes, 4, rootAt - 4);
  for (let i = 0; i < 4; i++) bytes[8 + i] = id.charCodeAt(i);
  return bytes;
}

/** Writes a table's description at `at`, and where it is into the table. @param fields - their places in the table */
function writeVtable(
  bytes: Uint8Array,
  at: number,
  tableAt: number,
  tableBytes: number,
  fields: readonly number[],
): void {
  writeU16(bytes, at, 4 + 2 * fields.length);
  writeU16(bytes, at + 2, tableBytes);
  for (const [i, field] of fields.entries()) writeU16(bytes, at + 4 + 2 * i, field);
  writeU32(bytes, tableAt, (tableAt - at) >>> 0);
}
