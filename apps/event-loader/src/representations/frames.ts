import type { EventChunk } from "../event-rows.ts";
import { timeOfRow } from "../event-rows.ts";
import type { BinnedWindow, Representation, RepresentationSize } from "./representation.ts";
import { checkSize, checkWindow } from "./representation.ts";

/** How many events each pixel had. @throws InvalidArgumentError for a size out of its range */
export function countFrame(size: RepresentationSize): Representation<Uint32Array> {
  const counts = new Uint32Array(checkSize(size, 1));
  const { width, height } = size;
  return {
    shape: [1, height, width],
    add: (chunk) => countPixels(chunk, counts, width, height, 0),
    values: () => counts,
  };
}

/** How many darker (channel 0) and brighter (channel 1) events each pixel had. @throws as {@link countFrame} */
export function polarityFrames(size: RepresentationSize): Representation<Uint32Array> {
  const counts = new Uint32Array(checkSize(size, 2));
  const { width, height } = size;
  return {
    shape: [2, height, width],
    add: (chunk) => countPixels(chunk, counts, width, height, width * height),
    values: () => counts,
  };
}

/** Whether each pixel had an event, of either polarity: 0 or 1. @throws as {@link countFrame} */
export function binaryFrame(size: RepresentationSize): Representation<Uint32Array> {
  const frame = countFrame(size);
  return { ...frame, values: () => frame.values().map((count) => Math.min(1, count)) };
}

/**
 * Counts of events by polarity and bin of time: channel `p * bins + bin`, where bin is `floor(bins * (t - start) /
 * (stop - start))` and the end belongs to the last (Gehrig and Scaramuzza, "Recurrent Vision Transformers", 2023, 3.1).
 * @throws InvalidArgumentError for a size, a window or bins out of their range
 */
export function stackedHistogram(
  size: RepresentationSize,
  window: BinnedWindow,
): Representation<Uint32Array> {
  checkWindow(window);
  const { bins } = window;
  const counts = new Uint32Array(checkSize(size, 2 * bins));
  return {
    shape: [2 * bins, size.height, size.width],
    add: (chunk) => countBins(chunk, counts, size, window),
    values: () => counts,
  };
}

/** @param brighterAt - where the counts of brighter events begin: 0 puts both polarities together */
function countPixels(
  { columns: { x, y, p }, rowCount }: EventChunk,
  counts: Uint32Array,
  width: number,
  height: number,
  brighterAt: number,
): void {
  for (let row = 0; row < rowCount; row++) {
    const column = x[row]!;
    const line = y[row]!;
    // p is 0 or 1, minus p has all bits or none: a branch would be guessed wrong every other time.
    if (column < width && line < height) counts[(-p[row]! & brighterAt) + line * width + column]!++;
  }
}

function countBins(
  chunk: EventChunk,
  counts: Uint32Array,
  { width, height }: RepresentationSize,
  { startUs, stopUs, bins }: BinnedWindow,
): void {
  const { x, y, p } = chunk.columns;
  const { rowCount } = chunk;
  const times = chunk.words("t");
  const perUs = bins / (stopUs - startUs);
  for (let row = 0; row < rowCount; row++) {
    const column = x[row]!;
    const line = y[row]!;
    const time = timeOfRow(times, row);
    if (column >= width || line >= height || time < startUs || time > stopUs) continue;
    // A number from 0 up to 65,536: `| 0` is its floor.
    const bin = Math.min(bins - 1, ((time - startUs) * perUs) | 0);
    counts[((p[row]! * bins + bin) * height + line) * width + column]!++;
  }
}
