import { type EventChunk, timeOfRow } from "../event-rows.ts";
import type { BinnedWindow, Representation, RepresentationSize } from "./representation.ts";
import { checkSize, checkWindow } from "./representation.ts";

/**
 * A voxel grid, bilinear in time: with `t* = (bins - 1) (t - start) / (stop - start)` an event of polarity ±1 adds
 * `±max(0, 1 - |bin - t*|)` to each bin (Zhu et al., "Unsupervised Event-based Learning of Optical Flow, Depth and
 * Egomotion", 2019, equations 1 to 3).
 * @throws InvalidArgumentError for a size, a window or bins out of their range
 */
export function voxelGrid(size: RepresentationSize, window: BinnedWindow): Representation<Float32Array> {
  checkWindow(window);
  const { bins } = window;
  const grid = new Float32Array(checkSize(size, bins));
  return {
    shape: [bins, size.height, size.width],
    add: (chunk) => addBilinear(chunk, grid, size, window, -1, 0),
    values: () => grid,
  };
}

/**
 * An event cube: the kernel of the {@link voxelGrid} with the polarities apart, each event adding `max(0, 1 - |bin -
 * t*|)` to channel `p * bins + bin` (Perot et al., "Learning to Detect Objects with a 1 Megapixel Event Camera", 2020,
 * section 5, after Zhu et al., 2019).
 * @throws InvalidArgumentError for a size, a window or bins out of their range
 */
export function eventCube(size: RepresentationSize, window: BinnedWindow): Representation<Float32Array> {
  checkWindow(window);
  const { bins } = window;
  const grid = new Float32Array(checkSize(size, 2 * bins));
  const brighterAt = bins * size.width * size.height;
  return {
    shape: [2 * bins, size.height, size.width],
    add: (chunk) => addBilinear(chunk, grid, size, window, 1, brighterAt),
    values: () => grid,
  };
}

/**
 * @param darker - what a darker event counts; a brighter one counts 1
 * @param brighterAt - where the bins of brighter events begin
 */
function addBilinear(
  chunk: EventChunk,
  grid: Float32Array,
  { width, height }: RepresentationSize,
  { startUs, stopUs, bins }: BinnedWindow,
  darker: number,
  brighterAt: number,
): void {
  const { x, y, p } = chunk.columns;
  const { rowCount } = chunk;
  const times = chunk.words("t");
  const pixels = width * height;
  const perUs = (bins - 1) / (stopUs - startUs);
  for (let row = 0; row < rowCount; row++) {
    const column = x[row]!;
    const line = y[row]!;
    const time = timeOfRow(times, row);
    if (column >= width || line >= height || time < startUs || time > stopUs) continue;
    const scaled = (time - startUs) * perUs;
    // A number from 0 up to 65,535: `| 0` is its floor.
    const bin = Math.floor(scaled);
    const part = scaled - bin;
    // p is 0 or 1: minus p has all bits or none.
    const at = (-p[row]! & brighterAt) + bin * pixels + line * width + column;
    const weight = p[row]! === 0 ? darker : 1;
    grid[at]! += weight * (1 - part);
    if (part > 0) grid[at + pixels]! += weight * part;
  }
}
