import { SIMD, type WasmCode } from "@millrace/base";
import { FIRST_VECTOR, kernelModule, PARAMETERS } from "./wasm-module.ts";

const { src, dst, blocks, previous, step } = PARAMETERS;
const BLOCK = 32;

/** Vector locals of the kernels. */
const CARRY = FIRST_VECTOR;
const X = CARRY + 1;
const Y = X + 1;
const STEPS = Y + 1;
const HIGH_STEPS = STEPS + 1;
const SPREAD = HIGH_STEPS + 1;
/** Five constants each for the lower and the upper half of eight values, at most. */
const PICK = SPREAD + 1;
const SCALE = PICK + 2;
const PICK_BELOW = SCALE + 2;
const VECTORS = PICK_BELOW + 2 - FIRST_VECTOR;

/**
 * The kernel for one width from 1 to 32: unpacks blocks of 32 deltas, lowest bit first, and adds them up.
 *
 * Eight values take `width` whole bytes, so the places of the bits repeat: a swizzle brings each value's bytes into its
 * lane with the highest bit in the highest byte, a multiplication by a power of two (there is no shift by a different
 * amount for each lane) moves it to the very top, and one shift for all lanes brings it down. Sums: inside of the vector
 * in two steps, then the sum of all before; only that last addition waits for the vector before.
 */
export function deltaKernel(width: number): Uint8Array<ArrayBuffer> {
  return kernelModule(VECTORS, (code) => {
    code.get(previous).simd(SIMD.splat32).set(CARRY);
    const isNarrow = width <= 9;
    const lanes = isNarrow ? 8 : 4;
    const halves = isNarrow ? 1 : 2;
    code
      .get(step)
      .simd(SIMD.splat32)
      .constant(words([1, 2, 3, 4]))
      .simd(SIMD.mul32)
      .set(STEPS);
    code
      .get(step)
      .simd(SIMD.splat32)
      .constant(words([5, 6, 7, 8]))
      .simd(SIMD.mul32)
      .set(HIGH_STEPS);
    code.constant(spread(isNarrow)).set(SPREAD);
    const layouts = Array.from({ length: halves }, (_, half) => layoutOf(width, lanes, half * lanes));
    layouts.forEach(({ pick, pickBelow, scale }, half) => {
      code.constant(pick).set(PICK + half);
      if (scale !== undefined) code.constant(scale).set(SCALE + half);
      if (pickBelow !== undefined) code.constant(pickBelow).set(PICK_BELOW + half);
    });
    code.repeat(blocks, () => {
      for (let first = 0; first < BLOCK; first += lanes) {
        const half = (first / lanes) % halves;
        const from = Math.floor((first * width) / 8);
        if (isNarrow) narrowGroup(code, width, from, first, layouts[half]!);
        else wideGroup(code, width, from, first, half, layouts[half]!);
      }
      code
        .get(src)
        .i32(4 * width)
        .addI32()
        .set(src);
      code
        .get(dst)
        .i32(4 * BLOCK)
        .addI32()
        .set(dst);
    });
    code.get(CARRY).extract32(0);
  });
}

/** Where the bytes of a group's values are, seen from the group's first byte. */
interface GroupLayout {
  /** For the swizzle: the bytes of each lane, the value's highest one on top. */
  readonly pick: Uint8Array;
  /** The same for the byte below each lane's four, where a value reaches into a fifth. */
  readonly pickBelow?: Uint8Array;
  /** What moves each lane's highest bit to the top; undefined where all are there. */
  readonly scale?: Uint8Array;
}

function layoutOf(width: number, lanes: number, first: number): GroupLayout {
  const laneBytes = 16 / lanes;
  const pick = new Uint8Array(16).fill(0x80);
  const pickBelow = new Uint8Array(16).fill(0x80);
  const scales: number[] = [];
  let hasBelow = false;
  for (let lane = 0; lane < lanes; lane++) {
    const firstBit = (first + lane) * width - 8 * Math.floor((first * width) / 8);
    const lastBit = firstBit + width - 1;
    const lowest = firstBit >> 3;
    const top = lastBit >> 3;
    scales.push(2 ** (7 - (lastBit & 7)));
    for (let byte = 0; byte < laneBytes; byte++) {
      const from = top - (laneBytes - 1) + byte;
      if (from >= lowest) pick[lane * laneBytes + byte] = from;
    }
    if (top - laneBytes >= lowest) {
      pickBelow[lane * laneBytes] = top - laneBytes;
      hasBelow = true;
    }
  }
  const scale = lanes === 8 ? new Uint8Array(Uint16Array.from(scales).buffer) : words(scales);
  return {
    pick,
    ...(hasBelow ? { pickBelow } : {}),
    ...(scales.some((factor) => factor !== 1) ? { scale } : {}),
  };
}

/** Eight values of up to 9 bits: in lanes of 16 bits, where the sum of eight still fits. */
function narrowGroup(code: WasmCode, width: number, from: number, first: number, layout: GroupLayout): void {
  code.get(src).load(from).get(PICK).simd(SIMD.swizzle);
  if (layout.scale !== undefined) code.get(SCALE).simd(SIMD.mul16);
  code.shift(SIMD.shrU16, 16 - width).set(X);
  for (const bits of [16, 32]) code.get(X, X).shift(SIMD.shl64, bits).simd(SIMD.add16).set(X);
  code.get(X, X, SPREAD).simd(SIMD.swizzle).simd(SIMD.add16).set(X);
  code.get(dst, X).simd(SIMD.extendLowU16).get(STEPS).simd(SIMD.add32);
  code
    .get(CARRY)
    .simd(SIMD.add32)
    .store(4 * first);
  code.get(dst, X).simd(SIMD.extendHighU16).get(HIGH_STEPS).simd(SIMD.add32).tee(Y);
  code
    .get(CARRY)
    .simd(SIMD.add32)
    .store(4 * first + 16);
  addToCarry(code, Y);
}

/** Four values of 10 to 32 bits. */
function wideGroup(
  code: WasmCode,
  width: number,
  from: number,
  first: number,
  half: number,
  layout: GroupLayout,
): void {
  code.get(src).load(from).tee(Y);
  if (width < 32) {
    code.get(PICK + half).simd(SIMD.swizzle);
    if (layout.scale !== undefined) code.get(SCALE + half).simd(SIMD.mul32);
    if (layout.pickBelow !== undefined) {
      code
        .get(Y, PICK_BELOW + half)
        .simd(SIMD.swizzle)
        .get(SCALE + half)
        .simd(SIMD.mul16);
      code.shift(SIMD.shrU32, 8).simd(SIMD.add32);
    }
    code.shift(SIMD.shrU32, 32 - width);
  }
  code.set(X);
  code.get(X, X).shift(SIMD.shl64, 32).simd(SIMD.add32).set(X);
  code.get(X, X, SPREAD).simd(SIMD.swizzle).simd(SIMD.add32).get(STEPS).simd(SIMD.add32).set(X);
  code
    .get(dst, X, CARRY)
    .simd(SIMD.add32)
    .store(4 * first);
  addToCarry(code, X);
}

/** The group's last sum is what stands before the next group. */
function addToCarry(code: WasmCode, sums: number): void {
  code.get(CARRY).broadcast32(sums, 3).simd(SIMD.add32).set(CARRY);
}

/** The last lane of the lower half into all lanes of the upper half, zeros into the lower half. */
function spread(isNarrow: boolean): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => (i < 8 ? 0x80 : isNarrow ? 6 + (i % 2) : 4 + (i % 4)));
}

function words(values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
