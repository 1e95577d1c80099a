/** A box of elements inside a dataset: `shape` elements from `start` on along each axis. */
export interface Box {
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** Bytes of a region, by offset and length inside it: of a decoded chunk, or of the file. */
export type ReadRegion = (byteOffset: number, byteLength: number) => Uint8Array<ArrayBuffer>;

/** Where the elements that two boxes share are in both, as runs that are whole in each. */
interface Overlap {
  /** Elements of a run. */
  readonly run: number;
  /** Runs along the axes that are gone through, outermost first. */
  readonly counts: readonly number[];
  readonly srcStart: number;
  readonly srcSteps: readonly number[];
  readonly dstStart: number;
  readonly dstSteps: readonly number[];
}

function overlapOf(src: Box, dst: Box): Overlap | undefined {
  const rank = src.shape.length;
  const extent: number[] = [];
  let srcStart = 0;
  let dstStart = 0;
  for (let i = 0; i < rank; i++) {
    const lo = Math.max(src.start[i]!, dst.start[i]!);
    const hi = Math.min(src.start[i]! + src.shape[i]!, dst.start[i]! + dst.shape[i]!);
    if (hi <= lo) return undefined;
    extent.push(hi - lo);
    srcStart = srcStart * src.shape[i]! + (lo - src.start[i]!);
    dstStart = dstStart * dst.shape[i]! + (lo - dst.start[i]!);
  }
  let axis = rank - 1;
  let run = rank === 0 ? 1 : extent[axis]!;
  while (axis > 0 && extent[axis] === src.shape[axis] && extent[axis] === dst.shape[axis]) {
    axis--;
    run *= extent[axis]!;
  }
  const counts = extent.slice(0, Math.max(axis, 0));
  const stepsOf = (shape: readonly number[]): number[] =>
    counts.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1));
  return { run, counts, srcStart, srcSteps: stepsOf(src.shape), dstStart, dstSteps: stepsOf(dst.shape) };
}

/** Where all of `wanted` is as one run of a region: its first element there, or -1. */
export function soleRun(region: Box, wanted: Box): number {
  const overlap = overlapOf(region, wanted);
  const count = wanted.shape.reduce((product, size) => product * size, 1);
  return overlap !== undefined && overlap.run === count ? overlap.srcStart : -1;
}

/** Copies what a region and a box share into the box's bytes. */
export function copyRegion(
  region: Box,
  read: ReadRegion,
  box: Box,
  dst: Uint8Array,
  elementBytes: number,
): void {
  const overlap = overlapOf(region, box);
  if (overlap === undefined) return;
  const { counts, srcSteps, dstSteps } = overlap;
  const runBytes = overlap.run * elementBytes;
  const index = counts.map(() => 0);
  let srcAt = overlap.srcStart;
  let dstAt = overlap.dstStart;
  for (;;) {
    dst.set(read(srcAt * elementBytes, runBytes), dstAt * elementBytes);
    let axis = counts.length - 1;
    while (axis >= 0 && index[axis]! + 1 === counts[axis]) {
      srcAt -= index[axis]! * srcSteps[axis]!;
      dstAt -= index[axis]! * dstSteps[axis]!;
      index[axis] = 0;
      axis--;
    }
    if (axis < 0) return;
    index[axis] = index[axis]! + 1;
    srcAt += srcSteps[axis]!;
    dstAt += dstSteps[axis]!;
  }
}

/** `count` elements that all have the bytes of `fill`, or zeros. */
export function filledBytes(
  count: number,
  elementBytes: number,
  fill: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count * elementBytes);
  if (fill === undefined || count === 0) return bytes;
  bytes.set(fill);
  // Each round doubles what is there.
  for (let done = fill.length; done < bytes.length; done *= 2) bytes.copyWithin(done, 0, done);
  return bytes;
}
