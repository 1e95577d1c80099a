import { INT, SIMD, type WasmCode, wasmModule } from "@millrace/base";
import { COLUMNS_AT, stateAddress } from "./kernel-memory.ts";

/** Words of the state: in and out, but for the sizes, which are in, and the last two, which are out. */
export const EVT2_STATE = {
  high: 0,
  timeLo: 1,
  timeHi: 2,
  /** Four times the wraps of the 34-bit time, which its high word counts. */
  wraps: 3,
  lastX: 4,
  lastY: 5,
  rows: 6,
  /** Negative when an event was outside of the geometry. */
  outside: 7,
} as const;

// Parameters, then int32 locals, then vectors.
const [SRC, END, ROOM, ROW, WORD, HIGH, TIME_LO, TIME_HI, OUTSIDE, X, Y] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const [V, XS, YS, TIMES, OUTSIDES] = [11, 12, 13, 14, 15];

const EVERY = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value, value, value, value).buffer);
/** The bits that no event has: types from 2 on. */
const NO_EVENT = 0xe0000000 | 0;
/** Low words of times from the first vector, high words from the second: rows 0 and 1, rows 2 and 3. */
const FIRST_PAIRS = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
const LAST_PAIRS = FIRST_PAIRS.map((byte) => byte + 8);

/**
 * The kernel for EVT 2.0: four events at once where there are four in a row, rising time-high words, and events one by
 * one between them. It stops at any other word.
 */
export function evt2Kernel(): Uint8Array<ArrayBuffer> {
  return wasmModule({ parameters: 3, hasResult: true, integers: 8, vectors: 5, write });
}

function write(code: WasmCode): void {
  const { high, timeLo, timeHi, rows, outside } = EVT2_STATE;
  const kept = [
    [HIGH, high],
    [TIME_LO, timeLo],
    [TIME_HI, timeHi],
  ] as const;
  for (const [local, word] of kept) code.i32(0).loadI32(stateAddress(word)).set(local);
  code.block(() => code.loop(() => writeWords(code)));
  for (const [local, word] of [...kept, [ROW, rows] as const])
    code.i32(0).get(local).storeInt(32, stateAddress(word));
  // Minus the signs of all lanes, as bits: negative where any is.
  code.i32(0).i32(0).get(OUTSIDES).simd(SIMD.bitmask32).int(INT.sub).get(OUTSIDE).int(INT.or);
  code.storeInt(32, stateAddress(outside)).get(SRC);
}

/** Inside of a block, which it leaves at the end, and a loop, which it goes on with. */
function writeWords(code: WasmCode): void {
  code.block(() => code.loop(() => writeFourEvents(code)));
  code.get(END, SRC).int(INT.isAboveS).int(INT.isZero).leaveIf(1);
  code.get(ROOM, ROW).int(INT.isAboveS).int(INT.isZero).leaveIf(1);
  code.get(SRC).loadI32(0).tee(WORD).intBy(INT.shrU, 29);
  code.when(
    () => {
      code.get(WORD).intBy(INT.shrU, 28).intBy(INT.isEqual, 8).int(INT.isZero).leaveIf(2);
      code.get(WORD).intBy(INT.and, 0xfffffff).tee(X).get(HIGH).int(INT.isBelowU).leaveIf(2);
      code.get(X).tee(HIGH).intBy(INT.shl, 6).set(TIME_LO);
      code.get(HIGH).intBy(INT.shrU, 26).i32(0).loadI32(stateAddress(EVT2_STATE.wraps)).addI32().set(TIME_HI);
    },
    () => writeEvent(code),
  );
  code.get(SRC).i32(4).addI32().set(SRC).leave(0);
}

function writeEvent(code: WasmCode): void {
  const { lastX, lastY } = EVT2_STATE;
  code.get(WORD).intBy(INT.shrU, 11).intBy(INT.and, 0x7ff).set(X);
  code.get(WORD).intBy(INT.and, 0x7ff).set(Y);
  code.get(OUTSIDE).i32(0).loadI32(stateAddress(lastX)).get(X).int(INT.sub).int(INT.or);
  code.i32(0).loadI32(stateAddress(lastY)).get(Y).int(INT.sub).int(INT.or).set(OUTSIDE);
  code.get(ROW).intBy(INT.shl, 3);
  code.get(WORD).intBy(INT.shrU, 22).intBy(INT.and, 0x3f).get(TIME_LO).int(INT.or);
  code.storeInt(32, COLUMNS_AT.times);
  code
    .get(ROW)
    .intBy(INT.shl, 3)
    .get(TIME_HI)
    .storeInt(32, COLUMNS_AT.times + 4);
  code.get(ROW).intBy(INT.shl, 1).get(X).storeInt(16, COLUMNS_AT.x);
  code.get(ROW).intBy(INT.shl, 1).get(Y).storeInt(16, COLUMNS_AT.y);
  code.get(ROW, WORD).intBy(INT.shrU, 28).storeInt(8, COLUMNS_AT.p);
  code.get(ROW).i32(1).addI32().set(ROW);
}

/** Inside of a block, which it leaves when there are no four events, and a loop, which it goes on with. */
function writeFourEvents(code: WasmCode): void {
  const { lastX, lastY } = EVT2_STATE;
  code.get(SRC).i32(16).addI32().get(END).int(INT.isAboveS).leaveIf(1);
  code.get(ROW).i32(4).addI32().get(ROOM).int(INT.isAboveS).leaveIf(1);
  code.get(SRC).load(0).tee(V).constant(EVERY(NO_EVENT)).simd(SIMD.and).simd(SIMD.anyTrue).leaveIf(1);
  code.get(V).shift(SIMD.shrU32, 11).constant(EVERY(0x7ff)).simd(SIMD.and).set(XS);
  code.get(V).constant(EVERY(0x7ff)).simd(SIMD.and).set(YS);
  code.get(OUTSIDES);
  code.i32(0).loadI32(stateAddress(lastX)).simd(SIMD.splat32).get(XS).simd(SIMD.sub32).simd(SIMD.or);
  code.i32(0).loadI32(stateAddress(lastY)).simd(SIMD.splat32).get(YS).simd(SIMD.sub32).simd(SIMD.or);
  code.set(OUTSIDES);
  code.get(V).shift(SIMD.shrU32, 22).constant(EVERY(0x3f)).simd(SIMD.and);
  code.get(TIME_LO).simd(SIMD.splat32).simd(SIMD.or).set(TIMES);
  for (const [pairs, offset] of [
    [FIRST_PAIRS, 0],
    [LAST_PAIRS, 16],
  ] as const) {
    code.get(ROW).intBy(INT.shl, 3).get(TIMES, TIME_HI).simd(SIMD.splat32).shuffle(pairs);
    code.store(COLUMNS_AT.times + offset);
  }
  code.get(XS, YS).simd(SIMD.narrow32).set(XS);
  code.get(ROW).intBy(INT.shl, 1).get(XS).storeLane(64, 0, COLUMNS_AT.x);
  code.get(ROW).intBy(INT.shl, 1).get(XS).storeLane(64, 1, COLUMNS_AT.y);
  code.get(V).shift(SIMD.shrU32, 28).set(V);
  code.get(V, V).simd(SIMD.narrow32).set(V);
  code.get(ROW, V, V).simd(SIMD.narrow16).storeLane(32, 0, COLUMNS_AT.p);
  code.get(SRC).i32(16).addI32().set(SRC);
  code.get(ROW).i32(4).addI32().set(ROW).leave(0);
}
