import { timeOfRow } from "../event-rows.ts";
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
  const { startUs, stopUs, bins } = window;
  const grid = new Float32Array(checkSize(size, bins));
  const { width, height } = size;
  const pixels = width * height;
  const perUs = (bins - 1) / (stopUs - startUs);
  return {
    shape: [bins, height, width],
    add(chunk) {
      const { x, y, p } = chunk.columns;
      const times = chunk.words("t");
      for (let row = 0; row < chunk.rowCount; row++) {
        const [column, line] = [x[row]!, y[row]!];
        const time = timeOfRow(times, row);
        if (column >= width || line >= height || time < startUs || time > stopUs) continue;
        const scaled = (time - startUs) * perUs;
        const bin = Math.floor(scaled);
        const part = scaled - bin;
        const sign = p[row]! === 0 ? -1 : 1;
        const at = bin * pixels + line * width + column;
        grid[at]! += sign * (1 - part);
        if (part > 0) grid[at + pixels]! += sign * part;
      }
    },
    values: () => grid,
  };
}
