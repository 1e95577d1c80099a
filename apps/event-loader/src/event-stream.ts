import type { ByteSource } from "@millrace/files";
import { stateFields } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { beginsWith, truncatedHeader, unsupportedFormat } from "./formats.ts";
import { RecordDecoder } from "./record-decoder.ts";
import type { ByteFormat } from "./recording-format.ts";

/** What the records of a file may be, in the order of the header's type byte. */
const TYPES = ["generic", "DVS", "ATIS", "AMD", "colour"];
const HEADER_BYTES = 20;

/** How the first byte of a record is read. */
interface RecordLayout {
  /** From here on it says that time passes without an event, or nothing: so many µs, by its two low bits. */
  readonly leastOverflow: number;
  readonly overflowUs: Uint8Array;
  /** Where the time since the last record begins; the polarity is in the bit below. */
  readonly timeShift: number;
  /** The bit that marks a measurement, or none. */
  readonly measurementBit: number;
}

const LAYOUTS: Readonly<Record<"DVS" | "ATIS", RecordLayout>> = {
  // 0xFE is a reset, which changes nothing.
  DVS: { leastOverflow: 0xfe, overflowUs: Uint8Array.of(0, 0, 0, 127), timeShift: 1, measurementBit: 0 },
  ATIS: { leastOverflow: 0xfc, overflowUs: Uint8Array.of(0, 63, 126, 189), timeShift: 2, measurementBit: 1 },
};

/**
 * Reads the header of an Event Stream (.es): magic, version 2.x.x, type, width and height as u16.
 * @returns undefined for another format
 * @throws MillraceError `EVENTS_FORMAT_UNSUPPORTED` for another version, and for records that are no events with a
 *   polarity: generic ones, those of AMD, and colours
 */
export function eventStreamFormat(source: ByteSource, head: Uint8Array): ByteFormat | undefined {
  if (!beginsWith(head, "Event Stream")) return undefined;
  if (head.length < 16) throw truncatedHeader(source.name, head.length);
  const version = head.subarray(12, 15).join(".");
  const type = TYPES[head[15]!] ?? `type ${head[15]}`;
  if (head[12] !== 2 || (type !== "DVS" && type !== "ATIS")) {
    throw unsupportedFormat(source.name, `Event Stream ${version} of ${type} records`);
  }
  if (head.length < HEADER_BYTES) throw truncatedHeader(source.name, head.length);
  return {
    name: "ES",
    width: head[16]! | (head[17]! << 8),
    height: head[18]! | (head[19]! << 8),
    metadata: { version, type },
    dataStart: HEADER_BYTES,
    newDecoder: (context) => newEventStreamDecoder(context, type),
  };
}

/**
 * Makes a decoder of Event Stream 2 DVS records: a byte with the time since the last record and the polarity, x and y.
 * Rows are counted as they are stored, from the bottom. Of an ATIS the changes are events; its measurements of exposure
 * are counted as `otherEvent`.
 */
export function newEventStreamDecoder(context: DecoderContext, type: "DVS" | "ATIS" = "DVS"): EventDecoder {
  const state: EventStreamState = { context, layout: LAYOUTS[type], time: 0 };
  return new RecordDecoder({
    maxRecordBytes: 5,
    dataStart: context.dataStart,
    violations: context.violations,
    state: stateFields(state, ["time"]),
    loop: (bytes, start, end, rows, origin) => decodeRecords(state, bytes, start, end, rows, origin),
  });
}

interface EventStreamState {
  readonly context: DecoderContext;
  readonly layout: RecordLayout;
  time: number;
}

function decodeRecords(
  state: EventStreamState,
  bytes: Uint8Array,
  start: number,
  end: number,
  rows: EventRows,
  origin: number,
): number {
  const { timeWords, x: xs, y: ys, p: ps, capacity } = rows;
  const { width, height, violations } = state.context;
  const { leastOverflow, overflowUs, timeShift, measurementBit } = state.layout;
  let { time } = state;
  let row = rows.rowCount;
  let i = start;
  while (i < end && row < capacity) {
    const first = bytes[i]!;
    if (first >= leastOverflow) {
      time += overflowUs[first & 3]!;
      i++;
      continue;
    }
    if (end - i < 5) break;
    time += first >>> timeShift;
    if ((first & measurementBit) !== 0) {
      violations.add("otherEvent", origin + i);
      i += 5;
      continue;
    }
    const x = bytes[i + 1]! | (bytes[i + 2]! << 8);
    const y = bytes[i + 3]! | (bytes[i + 4]! << 8);
    timeWords[2 * row] = time;
    timeWords[2 * row + 1] = Math.floor(time / 2 ** 32);
    xs[row] = x;
    ys[row] = y;
    ps[row] = (first >>> (timeShift - 1)) & 1;
    row++;
    if (x >= width || y >= height) violations.add("outsideGeometry", origin + i);
    i += 5;
  }
  rows.rowCount = row;
  state.time = time;
  return i;
}
