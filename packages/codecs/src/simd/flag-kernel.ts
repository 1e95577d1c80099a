import { bitPlaces, INT, loadKernels, onceOrNever, SIMD, type WasmCode, wasmModule } from "@millrace/base";

/** The kernel, and where its results are. */
export interface FlagKernel {
  /** Lists the set flags of some rows. @returns how many there are; -1 when a flag is neither 0 nor 1 */
  run(flags: Uint8Array, columns: number, rows: number): number;
  readonly counts: Uint32Array;
  readonly indices: Uint16Array;
}

const FLAGS_AT_ONCE = 65_536;
const ROWS_AT_ONCE = 4096;
/** Flags behind the last one that are read with it. */
const SLACK = 16;
/** The table of `bitPlaces`. */
const BIT_PLACES_AT = 1024;
const FLAGS_AT = 4096;
const COUNTS_AT = 69_664;
const INDICES_AT = COUNTS_AT + 4 * ROWS_AT_ONCE;
const PAGES = Math.ceil((INDICES_AT + 2 * FLAGS_AT_ONCE + 32) / 65_536);

/** Rows that fit into the kernel's memory; 0 where not even one does. */
export function flagRowsAtOnce(columns: number): number {
  return Math.min(ROWS_AT_ONCE, Math.floor(FLAGS_AT_ONCE / columns));
}

/** The kernel, compiled when it is first asked for; undefined where the engine has no WebAssembly with vectors. */
export const flagKernel: () => FlagKernel | undefined = onceOrNever(load);

function load(): FlagKernel | undefined {
  const bytes = wasmModule({ parameters: 3, hasResult: true, integers: 5, vectors: 2, write });
  const loaded = loadKernels(PAGES, [bytes]);
  if (loaded === undefined) return undefined;
  const { buffer } = loaded.memory;
  const run = loaded.runs[0]!;
  new Uint8Array(buffer).set(bitPlaces(), BIT_PLACES_AT);
  const input = new Uint8Array(buffer, FLAGS_AT, FLAGS_AT_ONCE + SLACK);
  return {
    run(flags, columns, rows) {
      input.set(flags);
      // What is read behind the last flag must not look like a wrong one.
      input.fill(0, flags.length, flags.length + SLACK);
      return run(columns, rows, FLAGS_AT);
    },
    counts: new Uint32Array(buffer, COUNTS_AT, ROWS_AT_ONCE),
    indices: new Uint16Array(buffer, INDICES_AT, FLAGS_AT_ONCE),
  };
}

// Parameters, then int32 locals, then vectors.
const [COLUMNS, ROWS, SRC, AT, ROW_AT, COLUMN, MASK, COUNT_AT] = [0, 1, 2, 3, 4, 5, 6, 7];
const [V, SEEN] = [8, 9];

/** Sixteen flags become sixteen bits, whose places are looked up eight at a time: all are written, as many count as are set. */
function write(code: WasmCode): void {
  code.repeat(ROWS, () => {
    code.get(AT).set(ROW_AT).i32(0).set(COLUMN);
    code.repeatWhile(() => {
      code.get(SRC, COLUMN).addI32().load(0).tee(V).get(SEEN).simd(SIMD.or).set(SEEN);
      // The highest bit of each byte: that of minus one.
      code.get(V).simd(SIMD.neg8).simd(SIMD.bitmask8).set(MASK);
      code.get(COLUMNS, COLUMN).int(INT.sub).intBy(INT.isBelowS, 16);
      code.when(() => {
        code.get(MASK).i32(1).get(COLUMNS, COLUMN).int(INT.sub).int(INT.shl).i32(-1).addI32().int(INT.and);
        code.set(MASK);
      });
      writeEightBits(code, 0);
      code.get(MASK).intBy(INT.shrU, 8).set(MASK);
      writeEightBits(code, 8);
      code.get(COLUMN).i32(16).addI32().tee(COLUMN).get(COLUMNS).int(INT.isBelowS);
    });
    code.get(COUNT_AT, AT, ROW_AT).int(INT.sub).intBy(INT.shrU, 1).storeInt(32, COUNTS_AT);
    code.get(COUNT_AT).i32(4).addI32().set(COUNT_AT);
    code.get(SRC, COLUMNS).addI32().set(SRC);
  });
  // Minus one, all bits, where a byte above 1 was seen.
  code.get(SEEN).constant(new Uint8Array(16).fill(0xfe)).simd(SIMD.and).simd(SIMD.anyTrue);
  code.i32(0).int(INT.isAboveS).intBy(INT.shl, 31).intBy(INT.shrS, 31);
  code.get(AT).intBy(INT.shrU, 1).int(INT.or);
}

function writeEightBits(code: WasmCode, shift: number): void {
  code.get(AT);
  code.get(MASK).intBy(INT.and, 0xff).intBy(INT.shl, 3).load64(BIT_PLACES_AT).simd(SIMD.extendLowU8);
  code.get(COLUMN).i32(shift).addI32().simd(SIMD.splat16).simd(SIMD.add16).store(INDICES_AT);
  code.get(AT).get(MASK).intBy(INT.and, 0xff).int(INT.popcount).intBy(INT.shl, 1).addI32().set(AT);
}
