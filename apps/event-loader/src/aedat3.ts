import { readU32 } from "@millrace/base";
import type { ByteSource } from "@millrace/files";
import { headerValue, readAedatHeader } from "./aedat-header.ts";
import { aedat3SideStreams, readAedat3PacketHeader } from "./aedat3-side-streams.ts";
import { chipSize } from "./chips.ts";
import { stateFields } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { truncatedHeader, unsupportedFormat } from "./formats.ts";
import { RecordDecoder } from "./record-decoder.ts";
import type { ByteFormat } from "./recording-format.ts";

const PACKET_HEADER_BYTES = 28;
const EVENT_BYTES = 8;
const SPECIAL = 0;
const POLARITY = 1;
/** Special events that are edges of the external input (libcaer's `special.h`): rising, falling, a pulse. */
const RISING = 2;
const FALLING = 3;
const PULSE = 4;

/**
 * Reads the header of an AEDAT 3.1 file: lines up to `#!END-HEADER`.
 * @param head - the file's first bytes: more than its header has, or the whole file
 * @throws MillraceError `EVENTS_FORMAT_UNSUPPORTED` for another version 3 and for data that is not RAW
 * @throws CorruptDataError `EVENTS_HEADER_TRUNCATED` when the header does not end
 */
export function aedat3Format(source: ByteSource, head: Uint8Array): ByteFormat {
  const { lines, end } = readAedatHeader(head, (line) => line === "!END-HEADER");
  const [version = ""] = lines;
  const encoding = headerValue(lines, "Format") ?? "RAW";
  if (version !== "!AER-DAT3.1") throw unsupportedFormat(source.name, `AEDAT of version ${version}`);
  if (encoding !== "RAW") throw unsupportedFormat(source.name, `AEDAT 3.1 with data as ${encoding}`);
  if (lines.at(-1) !== "!END-HEADER") throw truncatedHeader(source.name, end);
  const sensor = lines.find((line) => /^Source \d+:/.test(line))?.replace(/^Source \d+:\s*/, "");
  const size = chipSize(sensor ?? "");
  return {
    name: "AEDAT3",
    width: size?.width,
    height: size?.height,
    metadata: sensor === undefined ? {} : { sensor },
    dataStart: end,
    newDecoder: (context) => newAedat3Decoder(context, source.name),
    ...aedat3SideStreams(source, end),
  };
}

interface Aedat3State {
  readonly context: DecoderContext;
  /** For messages. */
  readonly source: string;
  type: number;
  overflow: number;
  /** Bytes of the packet that are still to come. */
  restBytes: number;
}

/** Makes a decoder of AEDAT 3.1 packets, little-endian; polarity and special events are read, others passed over. */
export function newAedat3Decoder(context: DecoderContext, source: string): EventDecoder {
  const state: Aedat3State = { context, source, type: 0, overflow: 0, restBytes: 0 };
  return new RecordDecoder({
    maxRecordBytes: PACKET_HEADER_BYTES,
    dataStart: context.dataStart,
    violations: context.violations,
    state: stateFields(state, ["type", "overflow", "restBytes"]),
    loop: (bytes, start, end, rows, origin) => decodePackets(state, bytes, start, end, rows, origin),
    isInside: () => state.restBytes > 0,
  });
}

function decodePackets(
  state: Aedat3State,
  bytes: Uint8Array,
  start: number,
  end: number,
  rows: EventRows,
  origin: number,
): number {
  let at = start;
  while (at < end && rows.rowCount < rows.capacity) {
    if (state.restBytes === 0) {
      if (end - at < PACKET_HEADER_BYTES) break;
      readPacketHeader(state, bytes, at, origin + at);
      at += PACKET_HEADER_BYTES;
      continue;
    }
    const packetEnd = Math.min(end, at + state.restBytes);
    const from = at;
    if (state.type === POLARITY) at = decodePolarities(state, bytes, at, packetEnd, rows, origin);
    else if (state.type === SPECIAL) at = decodeSpecials(state, bytes, at, packetEnd, origin);
    else at = packetEnd;
    state.restBytes -= at - from;
    if (at === from) break;
  }
  return at;
}

function readPacketHeader(state: Aedat3State, bytes: Uint8Array, at: number, byteOffset: number): void {
  const { type, eventBytes, overflow, count } = readAedat3PacketHeader(bytes, at, state.source, byteOffset);
  state.type = type;
  state.overflow = overflow;
  state.restBytes = count * eventBytes;
}

/** Polarity events: valid in bit 0, polarity in bit 1, y [16:2], x [31:17]; then the time, i32. */
function decodePolarities(
  state: Aedat3State,
  bytes: Uint8Array,
  start: number,
  end: number,
  rows: EventRows,
  origin: number,
): number {
  const { timeWords, x: xs, y: ys, p: ps, capacity } = rows;
  const { width, height, violations } = state.context;
  const overflowUs = state.overflow * 2 ** 31;
  const lastStart = end - EVENT_BYTES;
  let row = rows.rowCount;
  let i = start;
  for (; i <= lastStart && row < capacity; i += EVENT_BYTES) {
    const data = readU32(bytes, i);
    if ((data & 1) === 0) {
      violations.add("invalidEvent", origin + i);
      continue;
    }
    const x = data >>> 17;
    const y = (data >>> 2) & 0x7fff;
    const time = overflowUs + (readU32(bytes, i + 4) | 0);
    timeWords[2 * row] = time;
    timeWords[2 * row + 1] = Math.floor(time / 2 ** 32);
    xs[row] = x;
    ys[row] = y;
    ps[row] = (data >>> 1) & 1;
    row++;
    if (x >= width || y >= height) violations.add("outsideGeometry", origin + i);
  }
  rows.rowCount = row;
  return i;
}

/** Special events: valid in bit 0, type [7:1]; then the time, i32. */
function decodeSpecials(
  state: Aedat3State,
  bytes: Uint8Array,
  start: number,
  end: number,
  origin: number,
): number {
  const { triggers, violations } = state.context;
  let i = start;
  for (; i + EVENT_BYTES <= end; i += EVENT_BYTES) {
    const data = readU32(bytes, i);
    const type = (data >>> 1) & 0x7f;
    if (type < RISING || type > PULSE) continue;
    const time = state.overflow * 2 ** 31 + (readU32(bytes, i + 4) | 0);
    if ((data & 1) === 0) violations.add("invalidEvent", origin + i);
    else triggers.add(time, Math.floor(time / 2 ** 32), 0, type === FALLING ? 0 : 1);
  }
  return i;
}
