import { SIMD, type WasmCode } from "@millrace/base";
import { FIRST_VECTOR, kernelModule, PARAMETERS } from "./wasm-module.ts";

const { src, dst, blocks, step } = PARAMETERS;
/** Values of one lane in a block; four lanes make 128. */
const ROWS = 32;
/** Bytes of a row: one value of each lane. */
const ROW_BYTES = 16;

const SUM = FIRST_VECTOR;
const WORD = SUM + 1;
const NEXT_WORD = WORD + 1;
const STEP = NEXT_WORD + 1;
const MASK = STEP + 1;
const VECTORS = MASK + 1 - FIRST_VECTOR;

/**
 * The kernel for one width from 1 to 32 over blocks of 128 deltas to the value 4 before.
 *
 * The four lanes are packed side by side: the shifts are the same for all lanes and the sum is one addition a row. The
 * four values before the first one are read from the 16 bytes below `dst`; the result is always 0.
 */
export function delta4Kernel(width: number): Uint8Array<ArrayBuffer> {
  return kernelModule(VECTORS, (code) => {
    code.get(dst).i32(-ROW_BYTES).addI32().load(0).set(SUM);
    code.get(step).simd(SIMD.splat32).set(STEP);
    code
      .i32(width === 32 ? -1 : 2 ** width - 1)
      .simd(SIMD.splat32)
      .set(MASK);
    code.repeat(blocks, () => {
      for (let row = 0; row < ROWS; row++) {
        code.get(dst, SUM, STEP);
        value(code, width, row);
        code
          .simd(SIMD.add32)
          .simd(SIMD.add32)
          .tee(SUM)
          .store(row * ROW_BYTES);
      }
      code
        .get(src)
        .i32(ROW_BYTES * width)
        .addI32()
        .set(src);
      code
        .get(dst)
        .i32(ROW_BYTES * ROWS)
        .addI32()
        .set(dst);
    });
    code.i32(0);
  });
}

/** Leaves one row of deltas on the stack; rows must be written in order, as each word is loaded once. */
function value(code: WasmCode, width: number, row: number): void {
  const word = Math.floor((row * width) / 32);
  const shift = (row * width) % 32;
  if (shift === 0)
    code
      .get(src)
      .load(word * ROW_BYTES)
      .set(WORD);
  code.get(WORD).shift(SIMD.shrU32, shift);
  const isSplit = shift + width > 32;
  if (isSplit) {
    code
      .get(src)
      .load((word + 1) * ROW_BYTES)
      .tee(NEXT_WORD)
      .shift(SIMD.shl32, 32 - shift)
      .simd(SIMD.or);
    code.get(NEXT_WORD).set(WORD);
  }
  if (shift + width !== 32) code.get(MASK).simd(SIMD.and);
}
