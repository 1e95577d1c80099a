import type { ByteSource } from "@millrace/files";
import { stateFields } from "./decoder-state.ts";
import type { DecoderContext, EventDecoder } from "./event-decoder.ts";
import type { EventRows } from "./event-rows.ts";
import { truncatedHeader, unsupportedFormat } from "./formats.ts";
import { type RawHeader, sizeOf } from "./raw-header.ts";
import type { ByteFormat } from "./recording-format.ts";
import { WordDecoder } from "./word-decoder.ts";

/** Where the fields of the second half of an event are. */
interface DatLayout {
  readonly xMask: number;
  readonly yShift: number;
  readonly yMask: number;
  readonly pShift: number;
}

/** Version 1: x [8:0], y [16:9], p [17]. Version 2: x [13:0], y [27:14], p [31:28] (OpenEB's `event2d.h`). */
const VERSION_1: DatLayout = { xMask: 0x1ff, yShift: 9, yMask: 0xff, pShift: 17 };
const VERSION_2: DatLayout = { xMask: 0x3fff, yShift: 14, yMask: 0x3fff, pShift: 28 };
const EVENT_TYPES: ReadonlySet<number> = new Set([0, 12]);
const TRIGGER_TYPE = 14;
/** A drop of the 32-bit time by more than this is a wrap; smaller ones are events out of order. */
const WRAP_DROP = 2 ** 31;

/** True for the header of a DAT file: it has the same lines as one of a RAW file, and other keys. */
export function isDatHeader({ fields }: RawHeader): boolean {
  return Object.hasOwn(fields, "Data") || Object.hasOwn(fields, "Version");
}

/**
 * Reads what stands before the records of a DAT file: type and size of the records, and the sensor's size.
 * @param header - undefined for the oldest files, which have nothing before their records
 * @throws MillraceError `EVENTS_FORMAT_UNSUPPORTED` for records other than events and triggers
 */
export function datFormat(source: ByteSource, head: Uint8Array, header: RawHeader | undefined): ByteFormat {
  const at = header?.dataStart ?? 0;
  if (header !== undefined && at + 2 > head.length) throw truncatedHeader(source.name, at);
  const [type, recordBytes] = header === undefined ? [0, 8] : [head[at]!, head[at + 1]!];
  const fields = header?.fields ?? {};
  const version = Number(fields.Version ?? 2);
  const isKnown = EVENT_TYPES.has(type) || type === TRIGGER_TYPE;
  if (!isKnown || recordBytes !== 8 || ![1, 2].includes(version)) {
    const name = `DAT of version ${fields.Version} with records of type ${type} in ${recordBytes} bytes`;
    throw unsupportedFormat(source.name, name);
  }
  const layout = version === 1 ? VERSION_1 : VERSION_2;
  const size = sizeOf(fields.Width, fields.Height);
  return {
    name: "DAT",
    width: size?.width,
    height: size?.height,
    metadata: fields,
    dataStart: header === undefined ? 0 : at + 2,
    newDecoder: (context) => newDatDecoder(context, type === TRIGGER_TYPE ? undefined : layout),
  };
}

interface DatState {
  readonly context: DecoderContext;
  readonly layout: DatLayout | undefined;
  last: number;
  loops: number;
}

function newDatDecoder(context: DecoderContext, layout: DatLayout | undefined): EventDecoder {
  const state: DatState = { context, layout, last: 0, loops: 0 };
  const decode = layout === undefined ? decodeTriggers : decodeEvents;
  return new WordDecoder<Int32Array>({
    wordBytes: 8,
    rowsPerStep: 1,
    dataStart: context.dataStart,
    violations: context.violations,
    state: stateFields(state, ["last", "loops"]),
    view: (buffer, byteOffset, length) => new Int32Array(buffer, byteOffset, 2 * length),
    loop: (halves, start, end, rows, byteOffset) => decode(state, halves, start, end, rows, byteOffset),
  });
}

function decodeEvents(
  state: DatState,
  halves: Int32Array,
  start: number,
  end: number,
  rows: EventRows,
  byteOffset: number,
): number {
  const { timeWords, x: xs, y: ys, p: ps, capacity } = rows;
  const { width, height, violations } = state.context;
  const { xMask, yShift, yMask, pShift } = state.layout!;
  const pMask = pShift === 28 ? 0xf : 1;
  let { last, loops } = state;
  let row = rows.rowCount;
  let i = start;
  for (; i < end && row < capacity; i++) {
    const time = halves[2 * i]! >>> 0;
    const word = halves[2 * i + 1]!;
    if (last - time > WRAP_DROP) loops++;
    last = time;
    const x = word & xMask;
    const y = (word >>> yShift) & yMask;
    timeWords[2 * row] = time;
    timeWords[2 * row + 1] = loops;
    xs[row] = x;
    ys[row] = y;
    // Four bits in version 2: some writers have -1, 0xF, for darker.
    const polarity = (word >>> pShift) & pMask;
    ps[row] = polarity === 0 || polarity === 0xf ? 0 : 1;
    row++;
    if (x >= width || y >= height) violations.add("outsideGeometry", byteOffset + 8 * i);
  }
  rows.rowCount = row;
  state.last = last;
  state.loops = loops;
  return i;
}

/** Triggers: level [3:0], channel [31:26] (OpenEB's `event_ext_trigger.h`). */
function decodeTriggers(state: DatState, halves: Int32Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const time = halves[2 * i]! >>> 0;
    const word = halves[2 * i + 1]!;
    if (state.last - time > WRAP_DROP) state.loops++;
    state.last = time;
    state.context.triggers.add(time, state.loops, word >>> 26, word & 0xf);
  }
  return end;
}
