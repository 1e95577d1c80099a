import { checkInteger } from "@millrace/base";
import { PIECE_BYTES, PRIMES, STATE_WORDS, type Xxh64Kernels, xxh64Kernels } from "./xxh64-kernel.ts";

/** A hash of 64 bits as two numbers from 0 to 2^32 - 1: the lower half and the upper one. */
export type Words64 = readonly [low: number, high: number];

const MASK = 0xffff_ffff_ffff_ffffn;
const STRIPE_BYTES = 32;

/**
 * XXH64, a checksum against accidents that is several times as fast as a CRC (the xxHash specification); one of 64 bits, no
 * defence against forgery.
 * @param bytes - fewer than 2^32
 * @param seed - other seeds give other hashes
 * @example
 * xxh64(new Uint8Array(0)); // [0x51d8e999, 0xef46db37]
 */
export function xxh64(bytes: Uint8Array, seed: Words64 = [0, 0]): [low: number, high: number] {
  for (const word of seed) checkInteger("compress", "seed", word, 0, 0xffff_ffff);
  const kernels = xxh64Kernels();
  return kernels === undefined ? plainXxh64(bytes, seed) : kernelXxh64(kernels, bytes, seed);
}

function kernelXxh64(
  kernels: Xxh64Kernels,
  bytes: Uint8Array,
  [seedLow, seedHigh]: Words64,
): [low: number, high: number] {
  const { input, state } = kernels;
  const { length } = bytes;
  state[STATE_WORDS.seed] = seedLow;
  state[STATE_WORDS.seed + 1] = seedHigh;
  state[STATE_WORDS.length] = length;
  state[STATE_WORDS.length + 1] = 0;
  const whole = length - (length % STRIPE_BYTES);
  if (whole > 0) setLanes(state, seedLow, seedHigh);
  for (let at = 0; at < whole; at += PIECE_BYTES) {
    const end = Math.min(whole, at + PIECE_BYTES);
    input.set(at === 0 && end === length ? bytes : bytes.subarray(at, end));
    kernels.addStripes(end - at);
  }
  if (whole < length) input.set(bytes.subarray(whole));
  kernels.finish(length - whole);
  return [state[STATE_WORDS.hash]!, state[STATE_WORDS.hash + 1]!];
}

/** What is added to the seed for each lane, as two words. */
const LANE_STARTS: readonly Words64[] = [PRIMES[0]! + PRIMES[1]!, PRIMES[1]!, 0n, -PRIMES[0]!].map((start) =>
  wordsOf(start & MASK),
);

function setLanes(state: Uint32Array, seedLow: number, seedHigh: number): void {
  for (let lane = 0; lane < 4; lane++) {
    const [low, high] = LANE_STARTS[lane]!;
    const sum = low + seedLow;
    // A Uint32Array keeps the lowest 32 bits.
    state[STATE_WORDS.lanes + 2 * lane] = sum;
    state[STATE_WORDS.lanes + 2 * lane + 1] = high + seedHigh + (sum > 0xffff_ffff ? 1 : 0);
  }
}

/** The same in plain TypeScript, for engines without WebAssembly. */
export function plainXxh64(bytes: Uint8Array, [seedLow, seedHigh]: Words64): [low: number, high: number] {
  const [prime1, prime2, prime3, prime4, prime5] = PRIMES as [bigint, bigint, bigint, bigint, bigint];
  const seed = (BigInt(seedHigh) << 32n) | BigInt(seedLow);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK;
  const multiply = (a: bigint, b: bigint): bigint => (a * b) & MASK;
  const round = (lane: bigint, value: bigint): bigint =>
    multiply(rotate((lane + value * prime2) & MASK, 31n), prime1);
  let at = 0;
  let hash = (seed + prime5) & MASK;
  if (bytes.length >= STRIPE_BYTES) {
    let lanes = [seed + prime1 + prime2, seed + prime2, seed, seed - prime1].map((lane) => lane & MASK);
    for (; at + STRIPE_BYTES <= bytes.length; at += STRIPE_BYTES) {
      lanes = lanes.map((lane, i) => round(lane, view.getBigUint64(at + 8 * i, true)));
    }
    hash = lanes.reduce((sum, lane, i) => sum + rotate(lane, [1n, 7n, 12n, 18n][i]!), 0n) & MASK;
    for (const lane of lanes) hash = (multiply(hash ^ round(0n, lane), prime1) + prime4) & MASK;
  }
  hash = (hash + BigInt(bytes.length)) & MASK;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (multiply(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n), prime1) + prime4) & MASK;
  }
  for (; at + 4 <= bytes.length; at += 4) {
    const value = multiply(BigInt(view.getUint32(at, true)), prime1);
    hash = (multiply(rotate(hash ^ value, 23n), prime2) + prime3) & MASK;
  }
  for (; at < bytes.length; at++) {
    hash = multiply(rotate(hash ^ multiply(BigInt(bytes[at]!), prime5), 11n), prime1);
  }
  hash = multiply(hash ^ (hash >> 33n), prime2);
  hash = multiply(hash ^ (hash >> 29n), prime3);
  return wordsOf(hash ^ (hash >> 32n));
}

function wordsOf(value: bigint): [low: number, high: number] {
  return [Number(value & 0xffff_ffffn), Number(value >> 32n)];
}
