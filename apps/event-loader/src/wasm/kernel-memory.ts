import { bitPlaces, type WasmMemory } from "@millrace/base";
import type { EventRows } from "../event-rows.ts";

/**
 * Decodes words of [src, end), addresses of the memory, into its columns, until `room` rows are full or a word comes that
 * is not for it. @returns the address of the first word that it did not decode
 */
export type DecodeKernel = (src: number, end: number, room: number) => number;

/** Bytes of input, and rows of output, of one call: all of it stays in the nearest caches. */
export const INPUT_BYTES: number = 32_768;
export const KERNEL_ROWS: number = 8192;

/** Int32 that a kernel keeps from call to call, by their place in {@link KernelMemory.state}. */
export const STATE_WORDS: number = 16;

const STATE_AT = 64;
/** Addresses of the columns; behind each is room for what a kernel writes ahead. */
export const COLUMNS_AT = { times: 1024, x: 67_584, y: 84_992, p: 102_400 } as const;
/** Address of the table of `bitPlaces`. */
export const BIT_PLACES_AT: number = 112_640;
/** Address of the input. */
export const INPUT_AT: number = 114_688;
const PAGE_BYTES = 65_536;
/** Pages of memory that all of this takes. */
export const PAGES: number = Math.ceil((INPUT_AT + INPUT_BYTES + 16) / PAGE_BYTES);

/** The address of a word of the state. */
export function stateAddress(word: number): number {
  return STATE_AT + 4 * word;
}

/** What all kernels share: they run one at a time, and leave nothing behind but what their callers take. */
export interface KernelMemory {
  readonly state: Int32Array;
  /** The input as words of either size. */
  readonly inputWords: Int32Array;
  readonly inputHalves: Uint16Array;
  readonly times: Int32Array;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly p: Uint8Array;
}

/** Appends the first `count` rows of the kernels' columns. */
export function takeRows({ times, x, y, p }: KernelMemory, count: number, rows: EventRows): void {
  if (count === 0) return;
  const first = rows.rowCount;
  rows.timeWords.set(times.subarray(0, 2 * count), 2 * first);
  rows.x.set(x.subarray(0, count), first);
  rows.y.set(y.subarray(0, count), first);
  rows.p.set(p.subarray(0, count), first);
  rows.rowCount = first + count;
}

/** The views of a memory; its table of bits is filled. */
export function kernelMemory({ buffer }: WasmMemory): KernelMemory {
  new Uint8Array(buffer).set(bitPlaces(), BIT_PLACES_AT);
  return {
    state: new Int32Array(buffer, STATE_AT, STATE_WORDS),
    inputWords: new Int32Array(buffer, INPUT_AT, INPUT_BYTES / 4),
    inputHalves: new Uint16Array(buffer, INPUT_AT, INPUT_BYTES / 2),
    times: new Int32Array(buffer, COLUMNS_AT.times, 2 * KERNEL_ROWS),
    x: new Uint16Array(buffer, COLUMNS_AT.x, KERNEL_ROWS),
    y: new Uint16Array(buffer, COLUMNS_AT.y, KERNEL_ROWS),
    p: new Uint8Array(buffer, COLUMNS_AT.p, KERNEL_ROWS),
  };
}
