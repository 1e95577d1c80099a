import { readU32 } from "@millrace/base";
import {
  AEDAT4_HEADER_BYTES,
  type Aedat4Packets,
  corruptAedat4Packet,
  guardAedat4Packet,
  MAX_AEDAT4_PACKET_BYTES,
  openAedat4Packet,
} from "./aedat4-packets.ts";
import type { DecoderState } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import type { FlatTable } from "./flatbuffer.ts";

const EVENT_BYTES = 16;
/** Sources of triggers that are edges of an external signal: rising, falling, a pulse. */
const EXTERNAL_RISING = 1;
const EXTERNAL_FALLING = 2;
const EXTERNAL_PULSE = 3;

/** Decodes AEDAT 4 packets, little-endian: stream i32, size i32, then a FlatBuffer with its size in front. */
export class Aedat4Decoder implements EventDecoder {
  readonly rowsPerStep = 1;
  readonly #context: DecoderContext;
  readonly #packets: Aedat4Packets;
  readonly #header = new Uint8Array(AEDAT4_HEADER_BYTES);
  #headerCount = 0;
  /** What there is of a packet's content; undefined before its first byte. */
  #content: Uint8Array | undefined;
  #isIgnored = false;
  #contentBytes = 0;
  #contentCount = 0;
  /** Events of the packet that are still to come: where, and how many. */
  #events: Uint8Array = new Uint8Array(0);
  #eventAt = 0;
  #eventsLeft = 0;
  /** Position in the file of the next byte, and of the packet that it belongs to. */
  #position: number;
  #packetAt: number;

  constructor(context: DecoderContext, packets: Aedat4Packets) {
    this.#context = context;
    this.#packets = packets;
    this.#position = context.dataStart;
    this.#packetAt = context.dataStart;
  }

  decode(bytes: Uint8Array, start: number, rows: EventRows): number {
    let at = start;
    // The last byte of a packet counts as read only when all its events are out: there is always one to come back for.
    if (this.#eventsLeft > 0) {
      this.#emit(rows);
      if (this.#eventsLeft > 0) return at;
      this.#endPacket();
      at++;
    }
    while (at < bytes.length) {
      if (this.#headerCount < AEDAT4_HEADER_BYTES) {
        if (this.#headerCount === 0 && this.#position >= this.#packets.end) return bytes.length;
        this.#header[this.#headerCount++] = bytes[at++]!;
        this.#position++;
        if (this.#headerCount === AEDAT4_HEADER_BYTES) this.#beginPacket();
        continue;
      }
      const count = Math.min(bytes.length - at, this.#contentBytes - this.#contentCount);
      if (!this.#isIgnored) this.#take(bytes.subarray(at, at + count));
      this.#contentCount += count;
      this.#position += count;
      at += count;
      if (this.#contentCount < this.#contentBytes) break;
      if (this.#content !== undefined) this.#open(this.#content);
      this.#emit(rows);
      if (this.#eventsLeft > 0) return at - 1;
      this.#endPacket();
    }
    return at;
  }

  finish(): void {
    if (this.#headerCount > 0) this.#context.violations.add("truncatedWord", this.#packetAt);
  }

  saveState(): DecoderState {
    // Of a packet that is not whole nothing was decoded.
    return { byteOffset: this.#packetAt, values: [] };
  }

  restoreState({ byteOffset }: DecoderState): void {
    this.#headerCount = 0;
    this.#content = undefined;
    this.#eventsLeft = 0;
    this.#position = byteOffset;
    this.#packetAt = byteOffset;
  }

  #beginPacket(): void {
    const stream = readU32(this.#header, 0) | 0;
    const size = readU32(this.#header, 4);
    if (size === 0 || size > MAX_AEDAT4_PACKET_BYTES || this.#position + size > this.#packets.end) {
      throw corruptAedat4Packet(this.#packets.source, this.#packetAt, `it has ${size} bytes`);
    }
    this.#contentBytes = size;
    this.#contentCount = 0;
    this.#content = undefined;
    this.#isIgnored = this.#packets.ignored.has(stream);
  }

  /** Keeps a piece of a packet: as it lies there when it is all of it, which is so for most packets. */
  #take(piece: Uint8Array): void {
    if (piece.length === this.#contentBytes) {
      this.#content = piece;
      return;
    }
    this.#content ??= new Uint8Array(this.#contentBytes);
    this.#content.set(piece, this.#contentCount);
  }

  #endPacket(): void {
    this.#headerCount = 0;
    this.#content = undefined;
    this.#packetAt = this.#position;
  }

  #open(content: Uint8Array): void {
    const { id, root } = openAedat4Packet(content, this.#packets, this.#packetAt);
    guardAedat4Packet(this.#packets.source, this.#packetAt, () => {
      if (id === "EVTS") this.#openEvents(root);
      if (id === "TRIG") this.#addTriggers(root);
    });
  }

  #openEvents(root: FlatTable): void {
    const vector = root.vector(0, EVENT_BYTES);
    this.#events = root.bytes;
    this.#eventAt = vector?.at ?? 0;
    this.#eventsLeft = vector?.count ?? 0;
  }

  #emit(rows: EventRows): void {
    const count = Math.min(this.#eventsLeft, rows.capacity - rows.rowCount);
    copyEvents(this.#events, this.#eventAt, count, rows, this.#context, this.#packetAt);
    this.#eventAt += count * EVENT_BYTES;
    this.#eventsLeft -= count;
  }

  #addTriggers(root: FlatTable): void {
    const { bytes } = root;
    const vector = root.vector(0, 4) ?? { at: 0, count: 0 };
    for (let i = 0; i < vector.count; i++) {
      const trigger = root.element(vector.at + 4 * i);
      const time = trigger.field(0, 8);
      const sourceAt = trigger.field(1, 1);
      const source = sourceAt === undefined ? 0 : bytes[sourceAt]!;
      if (source < EXTERNAL_RISING || source > EXTERNAL_PULSE) continue;
      const [timeLo, timeHi] =
        time === undefined ? [0, 0] : [readU32(bytes, time), readU32(bytes, time + 4) | 0];
      this.#context.triggers.add(timeLo, timeHi, 0, source === EXTERNAL_FALLING ? 0 : 1);
    }
  }
}

/** Events of 16 bytes: time i64 in µs, x and y in 16 bits, polarity in a byte. */
function copyEvents(
  bytes: Uint8Array,
  start: number,
  count: number,
  rows: EventRows,
  { width, height, violations }: DecoderContext,
  packetAt: number,
): void {
  const { timeWords, x: xs, y: ys, p: ps, rowCount: first } = rows;
  const words = wordsOf(bytes, start, count * EVENT_BYTES);
  const [lastX, lastY] = [width - 1, height - 1];
  const end = first + count;
  let outside = 0;
  for (let row = first, at = 0; row < end; row++, at += 4) {
    const place = words[at + 2]!;
    const x = place & 0xffff;
    const y = place >>> 16;
    timeWords[2 * row] = words[at]!;
    timeWords[2 * row + 1] = words[at + 1]!;
    xs[row] = x;
    ys[row] = y;
    // 1 for any byte but 0.
    ps[row] = ((words[at + 3]! & 0xff) + 0xff) >>> 8;
    // Negative once a coordinate is outside.
    outside |= (lastX - x) | (lastY - y);
  }
  rows.rowCount = end;
  if (outside >= 0) return;
  for (let row = first; row < end; row++) {
    if (xs[row]! >= width || ys[row]! >= height) violations.add("outsideGeometry", packetAt);
  }
}

/** Bytes as words: in place where they are aligned, as they are in packets that were compressed, else a copy. */
function wordsOf(bytes: Uint8Array, start: number, length: number): Int32Array {
  const at = bytes.byteOffset + start;
  if (at % 4 === 0) return new Int32Array(bytes.buffer, at, length / 4);
  return new Int32Array(bytes.slice(start, start + length).buffer);
}
