type Colour = readonly [red: number, green: number, blue: number];

/** The name of a colour map. */
export type ColourMapName =
  | "viridis"
  | "inferno"
  | "magma"
  | "plasma"
  | "grey"
  | "blue-red"
  | "blue-red-dark";

/**
 * Colour maps by their control points, evenly apart. Viridis, inferno, magma and plasma are those of matplotlib (van der
 * Walt and Smith, 2015; CC0) by their published points: perceptually even, and readable in grey and by the colour-blind.
 * `blue-red` and `blue-red-dark` go from -1 (blue) over 0 (white or black) to 1 (red).
 */
const POINTS: Readonly<Record<ColourMapName, readonly Colour[]>> = {
  viridis: [
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
  ],
  inferno: [
    [0, 0, 4],
    [27, 12, 65],
    [74, 12, 107],
    [120, 28, 109],
    [165, 44, 96],
    [207, 68, 70],
    [237, 105, 37],
    [251, 155, 6],
    [247, 209, 61],
    [252, 255, 164],
  ],
  magma: [
    [0, 0, 4],
    [24, 15, 61],
    [68, 15, 118],
    [114, 31, 129],
    [158, 47, 127],
    [205, 64, 113],
    [241, 96, 93],
    [253, 150, 104],
    [254, 202, 141],
    [252, 253, 191],
  ],
  plasma: [
    [13, 8, 135],
    [70, 3, 159],
    [114, 1, 168],
    [156, 23, 158],
    [189, 55, 134],
    [216, 87, 107],
    [237, 121, 83],
    [251, 159, 58],
    [253, 202, 38],
    [240, 249, 33],
  ],
  grey: [
    [0, 0, 0],
    [255, 255, 255],
  ],
  "blue-red": [
    [5, 48, 173],
    [255, 255, 255],
    [178, 10, 30],
  ],
  "blue-red-dark": [
    [70, 140, 255],
    [0, 0, 0],
    [255, 70, 60],
  ],
};

/** Every colour map, by name. */
export const COLOUR_MAPS: readonly ColourMapName[] = Object.freeze(Object.keys(POINTS) as ColourMapName[]);

/**
 * The colours of a map, red, green and blue a byte each, from its lowest value to its highest.
 * @param count - how many, 2 and more
 */
export function colourTable(name: ColourMapName, count = 256): Uint8Array {
  const points = POINTS[name];
  const table = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    const position = (i / (count - 1)) * (points.length - 1);
    const below = Math.min(Math.floor(position), points.length - 2);
    const part = position - below;
    for (let channel = 0; channel < 3; channel++) {
      const from = points[below]![channel]!;
      table[3 * i + channel] = Math.round(from + part * (points[below + 1]![channel]! - from));
    }
  }
  return table;
}
