import { checkInteger, resolveOptions } from "@millrace/base";
import type { Words32 } from "./delta.ts";
import { deltaBitpackLength } from "./delta-bitpack.ts";
import { frameLength, runsLength } from "./internal/int-payloads.ts";

/** How integers are kept: all equal, runs of equal ones, bit-packed deltas, bit-packed distances from the least, or as they are. */
export type IntEncoding = "constant" | "runs" | "delta" | "frame" | "raw";

/** Options of {@link chooseIntEncoding} and `encodeInts`. */
export interface IntEncodingOptions {
  /** Values looked at, 256 to 2^30; arrays up to that length are looked at whole, and judged exactly. @default 4096 */
  readonly sampleSize?: number;
}

/** The options' defaults. */
export const DEFAULT_INT_ENCODING_OPTIONS: Required<IntEncodingOptions> = Object.freeze({ sampleSize: 4096 });

/** What was chosen. */
export interface IntEncodingChoice {
  readonly encoding: IntEncoding;
  /** Bytes of the encoded values without the container's header and checksum; exact for arrays looked at whole. */
  readonly estimatedBytes: number;
}

/** Deltas that share a width in a delta bit-packed block: the sample is taken in pieces of that many. */
const PIECE = 128;

/** What is known of the sampled pieces. */
interface SampleStatistics {
  /** Neighbours seen, and how many of them differ. */
  pairs: number;
  changes: number;
  longestRun: number;
  least: number;
  most: number;
  leastDelta: number;
  /** Of each piece of 128 deltas: the largest one and how many there were. */
  readonly mostDeltas: number[];
  readonly deltaCounts: number[];
}

/**
 * Picks the encoding that a sample says is smallest: pieces of 128 values, spread evenly over the array.
 *
 * "constant" is chosen only where all values are equal, "raw" where nothing is smaller.
 *
 * @throws InvalidArgumentError for an option that does not exist or is out of range
 * @example
 * chooseIntEncoding(new Uint32Array([5, 5, 5])); // { encoding: "constant", estimatedBytes: 4 }
 */
export function chooseIntEncoding(values: Words32, options: IntEncodingOptions = {}): IntEncodingChoice {
  const { sampleSize } = resolveOptions("codecs", DEFAULT_INT_ENCODING_OPTIONS, options);
  checkInteger("codecs", "sampleSize", sampleSize, 256, 2 ** 30);
  const count = values.length;
  if (count === 0) return { encoding: "raw", estimatedBytes: 0 };
  const seen = sampled(values, sampleSize);
  if (seen.changes === 0) {
    // That may be luck; looking for the first change is cheap. Else changes are rare: runs, of which nothing else is known.
    if (isConstant(values)) return { encoding: "constant", estimatedBytes: 4 };
    const runs = 1 + Math.ceil(count / seen.pairs);
    return { encoding: "runs", estimatedBytes: runsLength(runs, 32, widthOf(count)) };
  }
  const estimates: readonly IntEncodingChoice[] = [
    { encoding: "raw", estimatedBytes: 4 * count },
    { encoding: "frame", estimatedBytes: frameLength(count, widthOf(seen.most - seen.least)) },
    { encoding: "delta", estimatedBytes: estimatedDeltaBytes(seen, count) },
    { encoding: "runs", estimatedBytes: estimatedRunBytes(seen, count) },
  ];
  return estimates.reduce((best, other) => (other.estimatedBytes < best.estimatedBytes ? other : best));
}

function sampled(values: Words32, sampleSize: number): SampleStatistics {
  const seen: SampleStatistics = {
    pairs: 0,
    changes: 0,
    longestRun: 1,
    least: values[0]!,
    most: values[0]!,
    leastDelta: 0x7fffffff,
    mostDeltas: [],
    deltaCounts: [],
  };
  if (values.length <= sampleSize) {
    lookAt(values, 0, values.length, seen);
    return seen;
  }
  const pieces = Math.floor(sampleSize / PIECE);
  for (let piece = 0; piece < pieces; piece++) {
    const start = Math.floor((piece * (values.length - PIECE - 1)) / (pieces - 1));
    lookAt(values, start, start + PIECE + 1, seen);
  }
  return seen;
}

/** Adds the values of one stretch to what is known. */
function lookAt(values: Words32, start: number, end: number, seen: SampleStatistics): void {
  let before = values[start]!;
  let runStart = start;
  let { least, most, leastDelta, longestRun } = seen;
  if (before < least) least = before;
  if (before > most) most = before;
  for (let first = start + 1; first < end; first += PIECE) {
    const last = Math.min(first + PIECE, end);
    let mostDelta = -0x80000000;
    for (let i = first; i < last; i++) {
      const value = values[i]!;
      if (value !== before) {
        seen.changes++;
        longestRun = Math.max(longestRun, i - runStart);
        runStart = i;
      }
      if (value < least) least = value;
      if (value > most) most = value;
      const delta = ((value | 0) - (before | 0)) | 0;
      if (delta < leastDelta) leastDelta = delta;
      if (delta > mostDelta) mostDelta = delta;
      before = value;
    }
    seen.mostDeltas.push(mostDelta);
    seen.deltaCounts.push(last - first);
  }
  seen.pairs += end - start - 1;
  seen.longestRun = Math.max(longestRun, end - runStart);
  seen.least = least;
  seen.most = most;
  seen.leastDelta = leastDelta;
}

function estimatedDeltaBytes(seen: SampleStatistics, count: number): number {
  const { mostDeltas, deltaCounts, leastDelta, pairs } = seen;
  let packedBytes = 0;
  for (let piece = 0; piece < mostDeltas.length; piece++) {
    packedBytes += Math.ceil((deltaCounts[piece]! * widthOf(mostDeltas[piece]! - leastDelta)) / 8);
  }
  // All deltas were looked at where there are as many pairs as values less one: the bytes are exact then.
  return deltaBitpackLength(count, Math.ceil((packedBytes * (count - 1)) / pairs));
}

function estimatedRunBytes(seen: SampleStatistics, count: number): number {
  const { changes, pairs, least, most, longestRun } = seen;
  const isWhole = pairs === count - 1;
  const runs = 1 + Math.round((changes * (count - 1)) / pairs);
  // Runs reach beyond the pieces of a sample: the longest one is longer than what was seen of it.
  const longest = isWhole ? longestRun : Math.max(longestRun, Math.ceil((4 * count) / runs));
  return runsLength(runs, widthOf(most - least), widthOf(Math.min(longest, count)));
}

function isConstant(values: Words32): boolean {
  const first = values[0]!;
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return false;
  return true;
}

/** Bits of a whole number from 0 to 2^32 - 1. */
function widthOf(range: number): number {
  return 32 - Math.clz32(range);
}
