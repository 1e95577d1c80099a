import type { TypedArray } from "../element-kinds.ts";

/** Up to so many elements a loop is used instead of `set(subarray)`, which allocates a view. */
export const SHORT_COPY = 48;

/** Copies `src[start, end)` to `dst` from `at` on; both arrays are of one kind, which the caller has checked. */
export function copyElements(dst: TypedArray, at: number, src: TypedArray, start: number, end: number): void {
  const isWhole = start === 0 && end === src.length;
  // The cast stands for "both of one kind": no union of kinds has a `set` that TypeScript can call.
  (dst as Uint8Array).set((isWhole ? src : src.subarray(start, end)) as Uint8Array, at);
}
