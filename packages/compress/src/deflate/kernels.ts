import { INT, LONG, loadKernels, onceOrNever, SIMD, type WasmCode, wasmModule } from "@millrace/base";

/** Bytes that are coded by one table. */
export const BLOCK_BYTES = 65_536;
/** Literals, the end of a block, and lengths. */
export const SYMBOLS = 286;
/** Tokens: 0 to 255 a byte, 256 to 511 a run of 3 to 258 of the byte before, 512 the end of a block. */
export const END_TOKEN = 512;
const TOKENS = 513;
const LONGEST_RUN = 258;
/** Bytes of a span of the checksum, whose sums fit into 32 bits. */
const SPAN_BYTES = 4096;
const MODULUS = 65_521;

// Addresses.
const STATE_AT = 512;
const COUNTS_AT = 1024;
const RUN_SYMBOLS_AT = 4096;
const CODES_AT = 8192;
const INPUT_AT = 16_384;
const TOKENS_AT = 98_304;
const OUTPUT_AT = 245_760;
const PAGES = 5;

/** The kernels with what they share. */
export interface DeflateKernels {
  readonly input: Uint8Array;
  /** How often each symbol comes, which {@link tokenize} adds to. */
  readonly counts: Uint32Array;
  /** What each token is written as: bits, and above bit 24 how many. */
  readonly codes: Uint32Array;
  readonly output: Uint8Array;
  /** Cuts the first bytes of the input into tokens. @returns how many; the end of the block comes on top */
  tokenize(length: number): number;
  /** Writes tokens behind `bits`, fewer than 8 that are pending. @returns the bytes written, and what is pending then */
  encode(count: number, bits: number, bitCount: number): { bytes: number; bits: number; bitCount: number };
  /** Adler-32 of the first bytes of the input, going on from `sum`. */
  adler(length: number, sum: number): number;
}

/** The kernels, compiled when they are first asked for; undefined where the engine has no WebAssembly with vectors. */
export const deflateKernels: () => DeflateKernels | undefined = onceOrNever(load);

function load(): DeflateKernels | undefined {
  const loaded = loadKernels(PAGES, [tokenizeModule(), encodeModule(), adlerModule()]);
  if (loaded === undefined) return undefined;
  const [tokenize, encode, addSpans] = loaded.runs;
  const { buffer } = loaded.memory;
  const tokens = new Uint16Array(buffer, TOKENS_AT, BLOCK_BYTES + 2);
  const state = new Uint32Array(buffer, STATE_AT, 4);
  const input = new Uint8Array(buffer, INPUT_AT, BLOCK_BYTES + 16);
  new Uint16Array(buffer, RUN_SYMBOLS_AT).set(runSymbols());
  return {
    input,
    counts: new Uint32Array(buffer, COUNTS_AT, SYMBOLS),
    codes: new Uint32Array(buffer, CODES_AT, TOKENS),
    output: new Uint8Array(buffer, OUTPUT_AT, PAGES * 65_536 - OUTPUT_AT),
    tokenize(length) {
      const count = tokenize!(length);
      tokens[count] = END_TOKEN;
      return count;
    },
    encode(count, bits, bitCount) {
      state[0] = bits;
      state[1] = 0;
      state[2] = bitCount;
      const bytes = encode!(count + 1) - OUTPUT_AT;
      return { bytes, bits: state[0]!, bitCount: state[2]! };
    },
    adler(length, sum) {
      let a = sum & 0xffff;
      let b = sum >>> 16;
      const count = Math.floor(length / SPAN_BYTES);
      if (count > 0) {
        const packed = addSpans!(count, a, b) >>> 0;
        a = packed & 0xffff;
        b = packed >>> 16;
      }
      for (let i = count * SPAN_BYTES; i < length; i++) {
        a += input[i]!;
        b += a;
      }
      return (((b % MODULUS) << 16) | (a % MODULUS)) >>> 0;
    },
  };
}

/** The symbol of each length of a run (RFC 1951, section 3.2.5). */
export function runSymbols(): Uint16Array {
  const symbols = new Uint16Array(LONGEST_RUN + 1);
  for (let length = 3; length <= LONGEST_RUN; length++) symbols[length] = lengthCode(length).symbol;
  return symbols;
}

/** How a length is coded: symbol, extra bits, and their value (RFC 1951, section 3.2.5). */
export function lengthCode(length: number): { symbol: number; extraBits: number; extra: number } {
  if (length === LONGEST_RUN) return { symbol: 285, extraBits: 0, extra: 0 };
  const offset = length - 3;
  const extraBits = Math.max(0, 29 - Math.clz32(offset));
  const step = offset >>> extraBits;
  // Four codes for each number of extra bits, from 8 on.
  const symbol = extraBits === 0 ? 257 + offset : 257 + 4 * extraBits + step;
  return { symbol, extraBits, extra: offset & ((1 << extraBits) - 1) };
}

function tokenizeModule(): Uint8Array {
  const [LENGTH, AT, BYTE, BEFORE, RUN, MOST, TOKEN_AT] = [0, 1, 2, 3, 4, 5, 6];
  const SPLAT = 7;
  const count = (code: WasmCode, symbol: () => void): void => {
    symbol();
    code.intBy(INT.shl, 2).tee(RUN).get(RUN).loadI32(COUNTS_AT).i32(1).addI32().storeInt(32, COUNTS_AT);
  };
  const next = (code: WasmCode): void => {
    code.get(TOKEN_AT).i32(2).addI32().set(TOKEN_AT);
  };
  const writeRun = (code: WasmCode): void => {
    code.get(BEFORE).simd(SIMD.splat8).set(SPLAT).i32(1).set(RUN);
    // As far as the block and the longest length go.
    code.get(LENGTH, AT).int(INT.sub).tee(MOST).intBy(INT.isAboveS, LONGEST_RUN);
    code.when(() => code.i32(LONGEST_RUN).set(MOST));
    code.block(() =>
      code.loop(() => {
        code.get(RUN).i32(16).addI32().get(MOST).int(INT.isAboveS).leaveIf(1);
        code.get(AT, RUN).addI32().load(INPUT_AT).get(SPLAT).simd(SIMD.equal8).simd(SIMD.allTrue8);
        code.int(INT.isZero).leaveIf(1).get(RUN).i32(16).addI32().set(RUN).leave(0);
      }),
    );
    code.block(() =>
      code.loop(() => {
        code.get(RUN, MOST).int(INT.isBelowS).int(INT.isZero).leaveIf(1);
        code.get(AT, RUN).addI32().loadU8(INPUT_AT).get(BEFORE).int(INT.isEqual).int(INT.isZero).leaveIf(1);
        code.get(RUN).i32(1).addI32().set(RUN).leave(0);
      }),
    );
  };
  return wasmModule({
    parameters: 1,
    hasResult: true,
    integers: 6,
    vectors: 1,
    write: (code) => {
      code.i32(-1).set(BEFORE);
      code.block(() =>
        code.loop(() => {
          code.get(AT, LENGTH).int(INT.isBelowS).int(INT.isZero).leaveIf(1);
          code.get(AT).loadU8(INPUT_AT).tee(BYTE).get(BEFORE).int(INT.isEqual);
          code.when(() => {
            writeRun(code);
            code.get(RUN).intBy(INT.isAboveS, 2);
            code.when(() => {
              code.get(TOKEN_AT, RUN).i32(253).addI32().storeInt(16, TOKENS_AT);
              next(code);
              code.get(AT, RUN).addI32().set(AT);
              count(code, () => code.get(RUN).intBy(INT.shl, 1).loadU16(RUN_SYMBOLS_AT));
              code.leave(2);
            });
          });
          code.get(TOKEN_AT, BYTE).storeInt(16, TOKENS_AT);
          next(code);
          count(code, () => code.get(BYTE));
          code.get(BYTE).set(BEFORE).get(AT).i32(1).addI32().set(AT).leave(0);
        }),
      );
      code.get(TOKEN_AT).intBy(INT.shrU, 1);
    },
  });
}

function encodeModule(): Uint8Array {
  const [COUNT, AT, OUT, BITS, CODE] = [0, 1, 2, 3, 4];
  const BUFFER = 5;
  /** Puts a token's bits above those that are pending. */
  const put = (code: WasmCode, offset: number): void => {
    code
      .get(AT)
      .loadU16(TOKENS_AT + offset)
      .intBy(INT.shl, 2)
      .loadI32(CODES_AT)
      .set(CODE);
    code.get(BUFFER).get(CODE).intBy(INT.and, 0xffffff).int(LONG.fromI32U);
    code.get(BITS).int(LONG.fromI32U).int(LONG.shl).int(LONG.or).set(BUFFER);
    code.get(BITS, CODE).intBy(INT.shrU, 24).addI32().set(BITS);
  };
  const flush = (code: WasmCode): void => {
    code.get(OUT, BUFFER).storeLong(0);
    code.get(OUT, BITS).intBy(INT.shrU, 3).addI32().set(OUT);
    code.get(BUFFER, BITS).intBy(INT.and, 0x38).int(LONG.fromI32U).int(LONG.shrU).set(BUFFER);
    code.get(BITS).intBy(INT.and, 7).set(BITS);
  };
  return wasmModule({
    parameters: 1,
    hasResult: true,
    integers: 4,
    vectors: 0,
    longs: 1,
    write: (code) => {
      code.i32(OUTPUT_AT).set(OUT).i32(STATE_AT).loadLong(0).set(BUFFER).i32(STATE_AT).loadI32(8).set(BITS);
      // Two tokens take 42 bits at most, and fewer than 8 are pending.
      code.block(() =>
        code.loop(() => {
          code.get(COUNT).intBy(INT.isAboveS, 1).int(INT.isZero).leaveIf(1);
          put(code, 0);
          put(code, 2);
          flush(code);
          code.get(AT).i32(4).addI32().set(AT).get(COUNT).i32(-2).addI32().set(COUNT).leave(0);
        }),
      );
      code.get(COUNT);
      code.when(() => {
        put(code, 0);
        flush(code);
      });
      code.i32(STATE_AT).get(BUFFER).storeLong(0).i32(STATE_AT).get(BITS).storeInt(32, 8).get(OUT);
    },
  });
}

/** Adler-32 (RFC 1950, section 8.2) over whole spans: sixteen bytes at a time, weighted by how many follow them. */
function adlerModule(): Uint8Array {
  const [COUNT, A, B, AT, LEFT] = [0, 1, 2, 3, 4];
  const [V, SUMS, WEIGHTED, BEFORE] = [5, 6, 7, 8];
  const weights = Uint8Array.from({ length: 16 }, (_, i) => 16 - i);
  const addLanes = (code: WasmCode, vector: number): void => {
    code.get(vector).extract32(0);
    for (const lane of [1, 2, 3]) code.get(vector).extract32(lane).addI32();
  };
  return wasmModule({
    parameters: 3,
    hasResult: true,
    integers: 2,
    vectors: 4,
    write: (code) => {
      code.repeat(COUNT, () => {
        for (const sum of [SUMS, WEIGHTED, BEFORE]) code.constant(new Uint8Array(16)).set(sum);
        code.i32(SPAN_BYTES / 16).set(LEFT);
        code.repeat(LEFT, () => {
          code.get(AT).load(INPUT_AT).set(V);
          code.get(BEFORE, SUMS).simd(SIMD.add32).set(BEFORE);
          code.get(SUMS, V).simd(SIMD.pairSumsU8).simd(SIMD.pairSumsU16).simd(SIMD.add32).set(SUMS);
          for (const half of [SIMD.mulLowU8, SIMD.mulHighU8]) {
            code.get(WEIGHTED, V).constant(weights).simd(half).simd(SIMD.pairSumsU16).simd(SIMD.add32);
            code.set(WEIGHTED);
          }
          code.get(AT).i32(16).addI32().set(AT);
        });
        code.get(B, A).intBy(INT.mul, SPAN_BYTES).addI32();
        addLanes(code, BEFORE);
        code.intBy(INT.shl, 4).addI32();
        addLanes(code, WEIGHTED);
        code.addI32().intBy(INT.remU, MODULUS).set(B);
        code.get(A);
        addLanes(code, SUMS);
        code.addI32().intBy(INT.remU, MODULUS).set(A);
      });
      code.get(B).intBy(INT.shl, 16).get(A).int(INT.or);
    },
  });
}
