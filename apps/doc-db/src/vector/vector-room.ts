import { loadKernels } from "@millrace/base";
import { distanceKernel, LANES } from "./distance-kernel.ts";

/** Vectors side by side that distances are measured between. */
export const SLOTS = 512;
const PAGE_BYTES = 65_536;

/**
 * Room for {@link SLOTS} vectors of some length, where their distances are computed: by a kernel, or by plain loops
 * where the engine has no WebAssembly. A smaller distance is nearer; of products it is the negative one.
 */
export class VectorRoom {
  /** Bytes of a slot. */
  readonly strideBytes: number;
  /** All slots. */
  readonly bytes: Uint8Array;
  /** What {@link VectorRoom.measure} found. */
  readonly distances: Float32Array = new Float32Array(SLOTS);
  readonly #floats: Float32Array;
  readonly #sums: Float32Array;
  readonly #sumsAt: number;
  readonly #turns: number;
  readonly #isEuclidean: boolean;
  readonly #run: ((...parameters: number[]) => number) | undefined;

  constructor(dimensions: number, isEuclidean: boolean) {
    this.#turns = Math.ceil(dimensions / LANES);
    this.strideBytes = this.#turns * LANES * 4;
    this.#isEuclidean = isEuclidean;
    const slotBytes = SLOTS * this.strideBytes;
    const byteLength = slotBytes + 16 * SLOTS;
    const loaded = loadKernels(Math.ceil(byteLength / PAGE_BYTES), [distanceKernel(isEuclidean)]);
    const buffer = loaded?.memory.buffer ?? new ArrayBuffer(byteLength);
    this.#run = loaded?.runs[0];
    this.bytes = new Uint8Array(buffer, 0, slotBytes);
    this.#floats = new Float32Array(buffer, 0, slotBytes / 4);
    this.#sumsAt = slotBytes;
    this.#sums = new Float32Array(buffer, slotBytes, 4 * SLOTS);
  }

  /** Puts a vector into a slot. */
  put(slot: number, vector: Float32Array): void {
    this.#floats.set(vector, (slot * this.strideBytes) / 4);
  }

  /** Copies one slot to another. */
  copy(from: number, to: number): void {
    const { strideBytes } = this;
    this.bytes.copyWithin(to * strideBytes, from * strideBytes, (from + 1) * strideBytes);
  }

  /** The distances of the vector in one slot to those in `count` slots from `first` on. */
  measure(one: number, first: number, count: number): void {
    if (count === 0) return;
    const { strideBytes, distances } = this;
    if (this.#run === undefined) {
      measurePlainly(this.#floats, strideBytes / 4, one, first, count, this.#isEuclidean, distances);
      return;
    }
    this.#run(one * strideBytes, first * strideBytes, this.#sumsAt, count, this.#turns);
    addSums(this.#sums, count, this.#isEuclidean ? 1 : -1, distances);
  }
}

function addSums(sums: Float32Array, count: number, sign: number, distances: Float32Array): void {
  for (let i = 0; i < count; i++) {
    const at = 4 * i;
    distances[i] = sign * (sums[at]! + sums[at + 1]! + sums[at + 2]! + sums[at + 3]!);
  }
}

function measurePlainly(
  floats: Float32Array,
  stride: number,
  one: number,
  first: number,
  count: number,
  isEuclidean: boolean,
  distances: Float32Array,
): void {
  const a = one * stride;
  for (let i = 0; i < count; i++) {
    const b = (first + i) * stride;
    let sum = 0;
    if (isEuclidean) for (let j = 0; j < stride; j++) sum += (floats[a + j]! - floats[b + j]!) ** 2;
    else for (let j = 0; j < stride; j++) sum -= floats[a + j]! * floats[b + j]!;
    distances[i] = sum;
  }
}
