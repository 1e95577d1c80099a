import type { ByteSource } from "@millrace/files";
import { headerValue, readAedatHeader } from "./aedat-header.ts";
import { aedat2SideStreams } from "./aedat2-side-streams.ts";
import { chipSize } from "./chips.ts";
import { stateFields } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { truncatedHeader, unsupportedFormat } from "./formats.ts";
import { RecordDecoder } from "./record-decoder.ts";
import type { ByteFormat } from "./recording-format.ts";

/** How an address holds a pixel: as the DAVIS sensors and jAER's 32-bit addresses do, or as the DVS128. */
export type Aedat2Layout = "DAVIS" | "DVS128";

const RECORD_BYTES = 8;
const TIME_BYTES = 4;
/** A drop of the signed 32-bit time by more than this is a wrap; smaller ones are events out of order. */
const WRAP_DROP = 2 ** 31;

/**
 * Reads the header of an AEDAT 2 file. The chip that it names, else the addresses, tell how they hold a pixel.
 * @param head - the file's first bytes: more than its header has, or the whole file
 * @throws MillraceError `EVENTS_FORMAT_UNSUPPORTED` for a chip with other addresses
 */
export function aedat2Format(source: ByteSource, head: Uint8Array): ByteFormat {
  const { lines, end, isCut } = readAedatHeader(head, (line) => /^end of ascii header$/i.test(line));
  if (isCut) throw truncatedHeader(source.name, end);
  const chip = headerValue(lines, "AEChip");
  const layout = chip === undefined ? layoutOfAddresses(head.subarray(end)) : layoutOfChip(chip);
  if (layout === undefined) throw unsupportedFormat(source.name, `AEDAT 2 of the chip ${chip}`);
  const size = layout === "DVS128" ? chipSize(layout) : chipSize(chip ?? "");
  return {
    name: "AEDAT2",
    width: size?.width,
    height: size?.height,
    metadata: { layout, ...(chip === undefined ? {} : { chip }) },
    dataStart: end,
    newDecoder: (context) => newAedat2Decoder(context, layout),
    ...(layout === "DAVIS" ? aedat2SideStreams(source, end, size) : {}),
  };
}

/**
 * Reads the header of an AEDAT 1 file: addresses of 16 bits, those of a DVS128.
 * @param head - the file's first bytes: more than its header has, or the whole file
 */
export function aedat1Format(source: ByteSource, head: Uint8Array): ByteFormat {
  const { end, isCut } = readAedatHeader(head, (line) => /^end of ascii header$/i.test(line));
  if (isCut) throw truncatedHeader(source.name, end);
  const layout = "DVS128";
  return {
    name: "AEDAT1",
    ...chipSize(layout)!,
    metadata: { layout },
    dataStart: end,
    newDecoder: (context) => newAedat2Decoder(context, layout, 2),
  };
}

function layoutOfChip(chip: string): Aedat2Layout | undefined {
  if (/davis|sbret/i.test(chip)) return "DAVIS";
  return /dvs_?128|tmpdiff128/i.test(chip) ? "DVS128" : undefined;
}

/** The addresses of a DVS128 have 16 bits; among those of a DAVIS only its lowest rows do. */
function layoutOfAddresses(records: Uint8Array): Aedat2Layout {
  for (let at = 0; at + 4 <= records.length; at += RECORD_BYTES) {
    if (records[at] !== 0 || records[at + 1] !== 0) return "DAVIS";
  }
  return records.length >= RECORD_BYTES ? "DVS128" : "DAVIS";
}

interface Aedat2State {
  readonly context: DecoderContext;
  readonly layout: Aedat2Layout;
  readonly addressBytes: 2 | 4;
  last: number;
  loops: number;
}

/**
 * Makes a decoder of AEDAT 2 records, big-endian: a 32-bit address and a signed 32-bit time in µs. Those of AEDAT 1
 * have an address of 16 bits.
 *
 * Rows and columns are as the addresses have them: jAER counts rows from the bottom. Frames and inertial samples of
 * a DAVIS are passed over here.
 */
export function newAedat2Decoder(
  context: DecoderContext,
  layout: Aedat2Layout,
  addressBytes: 2 | 4 = 4,
): EventDecoder {
  const state: Aedat2State = { context, layout, addressBytes, last: Number.NEGATIVE_INFINITY, loops: 0 };
  return new RecordDecoder({
    maxRecordBytes: addressBytes + TIME_BYTES,
    dataStart: context.dataStart,
    violations: context.violations,
    state: stateFields(state, ["last", "loops"]),
    loop: (bytes, start, end, rows, origin) => decodeRecords(state, bytes, start, end, rows, origin),
  });
}

function decodeRecords(
  state: Aedat2State,
  bytes: Uint8Array,
  start: number,
  end: number,
  rows: EventRows,
  origin: number,
): number {
  const { timeWords, x: xs, y: ys, p: ps, capacity } = rows;
  const { width, height, violations, triggers } = state.context;
  const isDavis = state.layout === "DAVIS";
  const { addressBytes } = state;
  const recordBytes = addressBytes + TIME_BYTES;
  const lastStart = end - recordBytes;
  let { last, loops } = state;
  let row = rows.rowCount;
  let i = start;
  for (; i <= lastStart && row < capacity; i += recordBytes) {
    const address = addressBytes === 4 ? bigEndian(bytes, i) : (bytes[i]! << 8) | bytes[i + 1]!;
    const time = bigEndian(bytes, i + addressBytes);
    if (last - time > WRAP_DROP) loops++;
    last = time;
    const timeHi = loops + (time >> 31);
    // A DAVIS marks frames and inertial samples with bit 31.
    if (isDavis && address < 0) continue;
    if ((address & (isDavis ? 0x400 : 0x8000)) !== 0) {
      // An external input: 2 falling, 3 rising, 4 a pulse (jAER's DavisChip); a DVS128 has rising ones only.
      triggers.add(time, timeHi, 0, isDavis && (address & 7) === 2 ? 0 : 1);
      continue;
    }
    const x = isDavis ? (address >>> 12) & 0x3ff : (address >>> 1) & 0x7f;
    const y = isDavis ? (address >>> 22) & 0x1ff : (address >>> 8) & 0x7f;
    timeWords[2 * row] = time;
    timeWords[2 * row + 1] = timeHi;
    xs[row] = x;
    ys[row] = y;
    // The lowest bit of a DVS128 is 0 for brighter.
    ps[row] = isDavis ? (address >>> 11) & 1 : 1 - (address & 1);
    row++;
    if (x >= width || y >= height) violations.add("outsideGeometry", origin + i);
  }
  rows.rowCount = row;
  state.last = last;
  state.loops = loops;
  return i;
}

function bigEndian(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
