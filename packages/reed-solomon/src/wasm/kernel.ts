import { SIMD, type WasmCode, wasmModule } from "@millrace/base";

/** Most outputs of one kernel: with two vectors each, eight sums, which leaves the tables room in 16 registers. */
export const MAX_KERNEL_ROWS = 4;
/** Bytes of a shard that one turn of a kernel makes; measured against one, three, four and six vectors. */
export const TURN_BYTES = 32;
/** Bytes of the tables of one coefficient: its products with 0 to 15, then those with 16 · (0 to 15). */
export const TABLE_BYTES = 32;
/** Rows and one more, times inputs, up to which a kernel has no inner loop: some 70 bytes of code each, under 4 KiB. */
const MAX_UNROLLED = 50;

/**
 * Multiplies a range of shards by the rows of a matrix.
 * @param tables - address of the tables: input after input, of each input row after row
 * @param inputs - address of the addresses of the inputs
 * @param inputsEnd - the address behind those
 * @param outputs - address of the addresses of the outputs
 * @param start - first byte of the range in each shard
 * @param end - its end; a multiple of {@link TURN_BYTES} above `start`
 */
export type Kernel = (
  tables: number,
  inputs: number,
  inputsEnd: number,
  outputs: number,
  start: number,
  end: number,
) => void;

// Locals: the parameters, three int32 and the vectors, of which the sums come first.
const TABLES = 0;
const INPUTS = 1;
const INPUTS_END = 2;
const OUTPUTS = 3;
const POSITION = 4;
const END = 5;
const TABLE = 6;
const INPUT = 7;
const ADDRESS = 8;
const FIRST_VECTOR = 9;
const VECTORS = TURN_BYTES / 16;

/** Which kernels serve a matrix of `inputs` columns: those for that many, or (0) the ones with an inner loop. */
export function unrolledInputs(rows: number, inputs: number): number {
  return (rows + 1) * inputs <= MAX_UNROLLED ? inputs : 0;
}

/**
 * Writes the kernel for `rows` outputs, 1 to {@link MAX_KERNEL_ROWS}.
 *
 * A product is two look-ups in tables of 16 bytes, one for each half of a byte, which is what a swizzle does 16 times
 * at once (J. S. Plank, K. M. Greenan, E. L. Miller, "Screaming fast Galois field arithmetic using Intel SIMD
 * instructions", 2013). The tables are loaded from memory: engines make vector constants anew at each use.
 *
 * @param inputs - how many inputs there are, or 0: any number, in an inner loop
 * @param swizzle - `SIMD.swizzle`, or `SIMD.relaxedSwizzle`, a single instruction on every processor; indices stay
 *   below 16, where the two do the same
 */
export function kernelModule(rows: number, inputs: number, swizzle: number): Uint8Array<ArrayBuffer> {
  const halves = FIRST_VECTOR + rows * VECTORS;
  const tables = halves + 2 * VECTORS;
  const mask = tables + 2;
  const sumOf = (row: number, vector: number): number => FIRST_VECTOR + row * VECTORS + vector;

  /** Adds the products of the n-th input from two addresses on to the sums, or begins them with it. */
  function addInput(
    code: WasmCode,
    isFirst: boolean,
    at: { readonly table: number; readonly input: number; readonly n: number },
  ): void {
    code
      .get(at.input)
      .loadI32(4 * at.n)
      .get(POSITION)
      .addI32()
      .set(ADDRESS);
    for (let i = 0; i < VECTORS; i++) {
      const low = halves + 2 * i;
      code
        .get(ADDRESS)
        .load(16 * i)
        .tee(low);
      // Byte lanes cannot be shifted in one instruction; what the neighbour shifts in is masked away.
      code
        .shift(SIMD.shrU16, 4)
        .get(mask)
        .simd(SIMD.and)
        .set(low + 1);
      code.get(low, mask).simd(SIMD.and).set(low);
    }
    for (let row = 0; row < rows; row++) {
      for (const half of [0, 1]) {
        const offset = TABLE_BYTES * (at.n * rows + row) + 16 * half;
        code
          .get(at.table)
          .load(offset)
          .set(tables + half);
      }
      for (let i = 0; i < VECTORS; i++) {
        const low = halves + 2 * i;
        code.get(tables, low).simd(swizzle);
        code
          .get(tables + 1, low + 1)
          .simd(swizzle)
          .simd(SIMD.xor);
        if (!isFirst) code.get(sumOf(row, i)).simd(SIMD.xor);
        code.set(sumOf(row, i));
      }
    }
  }

  return wasmModule({
    parameters: 6,
    hasResult: false,
    integers: 3,
    vectors: mask + 1 - FIRST_VECTOR,
    write: (code) => {
      code.i32(0x0f0f0f0f).simd(SIMD.splat32).set(mask);
      code.repeatWhile(() => {
        for (let n = 0; n < inputs; n++) addInput(code, n === 0, { table: TABLES, input: INPUTS, n });
        if (inputs === 0) {
          for (let sum = FIRST_VECTOR; sum < halves; sum++) code.i32(0).simd(SIMD.splat32).set(sum);
          code.get(TABLES).set(TABLE).get(INPUTS).set(INPUT);
          code.repeatWhile(() => {
            addInput(code, false, { table: TABLE, input: INPUT, n: 0 });
            code.get(TABLE).i32(TABLE_BYTES * rows);
            code.addI32().set(TABLE);
            code.get(INPUT).i32(4).addI32().tee(INPUT).get(INPUTS_END).differI32();
          });
        }
        for (let row = 0; row < rows; row++) {
          code
            .get(OUTPUTS)
            .loadI32(4 * row)
            .get(POSITION)
            .addI32()
            .set(ADDRESS);
          for (let i = 0; i < VECTORS; i++) code.get(ADDRESS, sumOf(row, i)).store(16 * i);
        }
        code.get(POSITION).i32(TURN_BYTES).addI32().tee(POSITION).get(END).differI32();
      });
    },
  });
}
