import { timeOfRow } from "../event-rows.ts";
import type { BinnedWindow, Representation, RepresentationSize } from "./representation.ts";
import { checkSize, checkWindow } from "./representation.ts";

/** How many events each pixel had. @throws InvalidArgumentError for a size out of its range */
export function countFrame(size: RepresentationSize): Representation<Uint32Array> {
  const counts = new Uint32Array(checkSize(size, 1));
  const { width, height } = size;
  return {
    shape: [1, height, width],
    add(chunk) {
      const { x, y } = chunk.columns;
      for (let row = 0; row < chunk.rowCount; row++) {
        const [column, line] = [x[row]!, y[row]!];
        if (column < width && line < height) counts[line * width + column]!++;
      }
    },
    values: () => counts,
  };
}

/** How many darker (channel 0) and brighter (channel 1) events each pixel had. @throws as {@link countFrame} */
export function polarityFrames(size: RepresentationSize): Representation<Uint32Array> {
  const counts = new Uint32Array(checkSize(size, 2));
  const { width, height } = size;
  return {
    shape: [2, height, width],
    add(chunk) {
      const { x, y, p } = chunk.columns;
      for (let row = 0; row < chunk.rowCount; row++) {
        const [column, line] = [x[row]!, y[row]!];
        if (column >= width || line >= height) continue;
        const channel = p[row]! === 0 ? 0 : width * height;
        counts[channel + line * width + column]!++;
      }
    },
    values: () => counts,
  };
}

/** Whether each pixel had an event, of either polarity: 0 or 1. @throws as {@link countFrame} */
export function binaryFrame(size: RepresentationSize): Representation<Uint32Array> {
  const seen = new Uint32Array(checkSize(size, 1));
  const { width, height } = size;
  return {
    shape: [1, height, width],
    add(chunk) {
      const { x, y } = chunk.columns;
      for (let row = 0; row < chunk.rowCount; row++) {
        const [column, line] = [x[row]!, y[row]!];
        if (column < width && line < height) seen[line * width + column] = 1;
      }
    },
    values: () => seen,
  };
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
  const { startUs, stopUs, bins } = window;
  const counts = new Uint32Array(checkSize(size, 2 * bins));
  const { width, height } = size;
  const perUs = bins / (stopUs - startUs);
  return {
    shape: [2 * bins, height, width],
    add(chunk) {
      const { x, y, p } = chunk.columns;
      const times = chunk.words("t");
      for (let row = 0; row < chunk.rowCount; row++) {
        const [column, line] = [x[row]!, y[row]!];
        const time = timeOfRow(times, row);
        if (column >= width || line >= height || time < startUs || time > stopUs) continue;
        const bin = Math.min(bins - 1, Math.floor((time - startUs) * perUs));
        const channel = p[row]! === 0 ? bin : bins + bin;
        counts[(channel * height + line) * width + column]!++;
      }
    },
    values: () => counts,
  };
}
