/**
 * The viridis colour map of matplotlib (van der Walt and Smith, 2015; CC0), by its published control points.
 * Perceptually even, and readable in grey and by the colour-blind.
 */
const VIRIDIS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [109, 205, 89],
  [180, 222, 44],
  [253, 231, 37],
] as const;

/** 256 colours, red, green and blue a byte each, from dark to bright. */
export function viridisTable(): Uint8Array {
  const table = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const position = (i / 255) * (VIRIDIS.length - 1);
    const below = Math.min(Math.floor(position), VIRIDIS.length - 2);
    const part = position - below;
    for (let channel = 0; channel < 3; channel++) {
      const from = VIRIDIS[below]![channel]!;
      table[3 * i + channel] = Math.round(from + part * (VIRIDIS[below + 1]![channel]! - from));
    }
  }
  return table;
}
