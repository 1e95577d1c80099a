/** The distance of one vector to several that lie one behind the other, in WebAssembly. */
import { SIMD, type WasmCode, wasmModule } from "@millrace/base";

/** Floats that a turn of the kernel's loop takes: vectors are padded with zeros to a multiple of it. */
export const LANES = 16;
const LANES_BYTES = 4 * LANES;

/** Parameters of the kernel, then its locals. */
const ONE = 0;
const MANY = 1;
const OUT = 2;
const COUNT = 3;
const TURNS = 4;
const AT = 5;
const LEFT = 6;
const SUMS = 7;
const X = 11;

/**
 * A module with `run(one, many, out, count, turns)`: for each of `count` vectors of `turns` times {@link LANES} floats
 * four sums go to `out`, 16 bytes each, which the caller adds up: of products, or of squared differences.
 */
export function distanceKernel(isEuclidean: boolean): Uint8Array<ArrayBuffer> {
  return wasmModule({
    parameters: 5,
    hasResult: false,
    integers: 2,
    vectors: 5,
    write: (code) => {
      code.repeat(COUNT, () => {
        for (let i = 0; i < 4; i++) code.constant(new Uint8Array(16)).set(SUMS + i);
        code.get(ONE).set(AT).get(TURNS).set(LEFT);
        code.repeat(LEFT, () => {
          for (let i = 0; i < 4; i++) addTo(code, i, isEuclidean);
          code.get(AT).i32(LANES_BYTES).addI32().set(AT);
          code.get(MANY).i32(LANES_BYTES).addI32().set(MANY);
        });
        code.get(OUT, SUMS, SUMS + 1).simd(SIMD.addF32);
        code.get(SUMS + 2, SUMS + 3).simd(SIMD.addF32);
        code.simd(SIMD.addF32).store(0);
        code.get(OUT).i32(16).addI32().set(OUT);
      });
    },
  });
}

/** Four sums that do not wait for each other. */
function addTo(code: WasmCode, i: number, isEuclidean: boolean): void {
  const sum = SUMS + i;
  code
    .get(sum)
    .get(AT)
    .load(16 * i)
    .get(MANY)
    .load(16 * i);
  if (isEuclidean) code.simd(SIMD.subF32).tee(X).get(X);
  code.simd(SIMD.mulF32).simd(SIMD.addF32).set(sum);
}
