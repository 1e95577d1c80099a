import { INT, SIMD, type WasmCode, wasmModule } from "@millrace/base";
import { BIT_PLACES_AT, COLUMNS_AT, stateAddress } from "./kernel-memory.ts";

/** Words of the state: in and out, but for the sizes and the high word of the time, which are in, and the last two. */
export const EVT3_STATE = {
  timeLo: 0,
  y: 1,
  baseX: 2,
  vectorPolarity: 3,
  timeHi: 4,
  lastX: 5,
  lastY: 6,
  rows: 7,
  /** Negative when an event may have been outside of the geometry; out. */
  outside: 8,
} as const;

/** Rows behind those of a call that the kernel may write, and that must be free. */
export const EVT3_ROWS_AHEAD = 24;

// Parameters, then int32 locals, then a vector.
const [SRC, END, ROOM, ROW, WORD, TYPE, TIME_LO, TIME_HI, Y, BASE] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const [POLARITY, OUTSIDE, ADDRESS, MASK, VALID, LAST_X, LAST_Y] = [10, 11, 12, 13, 14, 15, 16];
const TIMES = 17;

/** Row addresses, column addresses and low times: most of all words. */
const PLAIN_WORDS = (1 << 0) | (1 << 2) | (1 << 6);
const VECTORS = (1 << 4) | (1 << 5);
/** A vector from here on could reach beyond the 11 bits of an address. */
const LAST_PLAIN_BASE = 2047 - 11;
/** The low word of the first vector and the high one of the second, twice. */
const PAIRS = [0, 1, 2, 3, 16, 17, 18, 19, 0, 1, 2, 3, 16, 17, 18, 19];

/**
 * The kernel for EVT 3.0: events, and all that stands between them, up to the first word that is rare. It needs a row.
 *
 * Plain words follow each other in no order that a processor could guess: each goes through the same steps, and masks of
 * all ones or zeros choose what it changes. The bits of a vector are looked up eight at a time: their columns are written
 * at once, and as many of them count as there are bits.
 */
export function evt3Kernel(): Uint8Array<ArrayBuffer> {
  return wasmModule({ parameters: 3, hasResult: true, integers: 14, vectors: 1, write });
}

function write(code: WasmCode): void {
  const kept = [
    [TIME_LO, EVT3_STATE.timeLo],
    [Y, EVT3_STATE.y],
    [BASE, EVT3_STATE.baseX],
    [POLARITY, EVT3_STATE.vectorPolarity],
  ] as const;
  const given = [
    [TIME_HI, EVT3_STATE.timeHi],
    [LAST_X, EVT3_STATE.lastX],
    [LAST_Y, EVT3_STATE.lastY],
  ] as const;
  const results = [
    [ROW, EVT3_STATE.rows],
    [OUTSIDE, EVT3_STATE.outside],
  ] as const;
  for (const [local, word] of [...kept, ...given]) code.i32(0).loadI32(stateAddress(word)).set(local);
  code.block(() => code.loop(() => writeWord(code)));
  for (const [local, word] of [...kept, ...results]) code.i32(0).get(local).storeInt(32, stateAddress(word));
  code.get(SRC);
}

/** Inside of a block, which it leaves at the end, and a loop, which it goes on with. */
function writeWord(code: WasmCode): void {
  code.get(END, SRC).int(INT.isAboveS).int(INT.isZero).leaveIf(1);
  code.get(ROW, ROOM).int(INT.isAboveS).leaveIf(1);
  code.get(SRC).loadU16(0).tee(WORD).intBy(INT.shrU, 12).set(TYPE);
  code.i32(PLAIN_WORDS).get(TYPE).int(INT.shrU).intBy(INT.and, 1);
  code.when(
    () => writePlainWord(code),
    () => {
      code.i32(VECTORS).get(TYPE).int(INT.shrU).intBy(INT.and, 1);
      code.when(
        () => writeVector(code, 3),
        () => {
          code.get(TYPE).intBy(INT.isEqual, 3).int(INT.isZero).leaveIf(3);
          code.get(WORD).intBy(INT.and, 0x7ff).set(BASE);
          code.get(WORD).intBy(INT.shrU, 11).intBy(INT.and, 1).set(POLARITY);
        },
      );
    },
  );
  code.get(SRC).i32(2).addI32().set(SRC).leave(0);
}

function writePlainWord(code: WasmCode): void {
  code.get(WORD).intBy(INT.and, 0x7ff).set(ADDRESS);
  chooseBits(code, Y, ADDRESS, 0x7ff, 0);
  chooseBits(code, TIME_LO, WORD, 0xfff, 6);
  writeMask(code, 2);
  code.set(MASK);
  code.get(OUTSIDE, LAST_X, ADDRESS).int(INT.sub).get(LAST_Y, Y).int(INT.sub).int(INT.or);
  code.get(MASK).int(INT.and).int(INT.or).set(OUTSIDE);
  code.get(ROW).intBy(INT.shl, 3).get(TIME_LO).storeInt(32, COLUMNS_AT.times);
  code
    .get(ROW)
    .intBy(INT.shl, 3)
    .get(TIME_HI)
    .storeInt(32, COLUMNS_AT.times + 4);
  code.get(ROW).intBy(INT.shl, 1).get(ADDRESS).storeInt(16, COLUMNS_AT.x);
  code.get(ROW).intBy(INT.shl, 1).get(Y).storeInt(16, COLUMNS_AT.y);
  code.get(ROW, WORD).intBy(INT.shrU, 11).intBy(INT.and, 1).storeInt(8, COLUMNS_AT.p);
  code.get(ROW, MASK).int(INT.sub).set(ROW);
}

/** All ones on the stack where the word is of that type, else zeros. */
function writeMask(code: WasmCode, type: number): void {
  code.get(TYPE).intBy(INT.xor, type).i32(-1).addI32().intBy(INT.shrS, 31);
}

/** The bits of `to` become those of `from` where the word is of that type. */
function chooseBits(code: WasmCode, to: number, from: number, bits: number, type: number): void {
  code.get(to, to, from).int(INT.xor).intBy(INT.and, bits);
  writeMask(code, type);
  code.int(INT.and).int(INT.xor).set(to);
}

/** @param out - levels to the end of the block of {@link writeWord} */
function writeVector(code: WasmCode, out: number): void {
  // A base that is not there is negative, which is large as an unsigned number.
  code.i32(LAST_PLAIN_BASE).get(BASE).int(INT.isBelowU).leaveIf(out);
  // Twelve bits of a long one, eight of a short one.
  code
    .get(WORD)
    .i32(0xfff)
    .get(TYPE)
    .intBy(INT.and, 1)
    .intBy(INT.shl, 2)
    .int(INT.shrU)
    .int(INT.and)
    .set(VALID);
  // The last column; of no bits the one before the base, which may be said to be outside, and then is looked at again.
  code.get(OUTSIDE, LAST_X, BASE).i32(31).addI32().get(VALID).int(INT.clz).int(INT.sub).int(INT.sub);
  code.get(LAST_Y, Y).int(INT.sub).int(INT.or).int(INT.or).set(OUTSIDE);
  code.get(TIME_LO).simd(SIMD.splat32).get(TIME_HI).simd(SIMD.splat32).shuffle(PAIRS).set(TIMES);
  writeEightBits(code, 0);
  code.get(VALID).intBy(INT.shrU, 8).tee(VALID);
  code.when(() => writeEightBits(code, 8));
  code.get(BASE).i32(12).addI32().get(TYPE).intBy(INT.and, 1).intBy(INT.shl, 2).int(INT.sub).set(BASE);
}

/** Writes eight rows, and counts those of the lowest eight bits. */
function writeEightBits(code: WasmCode, shift: number): void {
  code.get(ROW).intBy(INT.shl, 1);
  code.get(VALID).intBy(INT.and, 0xff).intBy(INT.shl, 3).load64(BIT_PLACES_AT).simd(SIMD.extendLowU8);
  code.get(BASE).i32(shift).addI32().simd(SIMD.splat16).simd(SIMD.add16).store(COLUMNS_AT.x);
  code.get(ROW).intBy(INT.shl, 1).get(Y).simd(SIMD.splat16).store(COLUMNS_AT.y);
  for (let pair = 0; pair < 4; pair++) {
    code
      .get(ROW)
      .intBy(INT.shl, 3)
      .get(TIMES)
      .store(COLUMNS_AT.times + 16 * pair);
  }
  code.get(ROW, POLARITY).simd(SIMD.splat8).storeLane(64, 0, COLUMNS_AT.p);
  code.get(ROW, VALID).intBy(INT.and, 0xff).int(INT.popcount).addI32().set(ROW);
}
