/** Rows of 5 pixels, the leftmost the highest bit, of each character that can be drawn. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  "0": [14, 17, 19, 21, 25, 17, 14],
  "1": [4, 12, 4, 4, 4, 4, 14],
  "2": [14, 17, 1, 2, 4, 8, 31],
  "3": [31, 2, 4, 2, 1, 17, 14],
  "4": [2, 6, 10, 18, 31, 2, 2],
  "5": [31, 16, 30, 1, 1, 17, 14],
  "6": [6, 8, 16, 30, 17, 17, 14],
  "7": [31, 1, 2, 4, 8, 8, 8],
  "8": [14, 17, 17, 14, 17, 17, 14],
  "9": [14, 17, 17, 15, 1, 2, 12],
  ".": [0, 0, 0, 0, 0, 12, 12],
  ":": [0, 12, 12, 0, 12, 12, 0],
  "-": [0, 0, 0, 31, 0, 0, 0],
  " ": [0, 0, 0, 0, 0, 0, 0],
  s: [0, 0, 15, 16, 14, 1, 30],
  m: [0, 0, 26, 21, 21, 21, 21],
};

/** Where text is drawn, and how. */
export interface PixelTextOptions {
  /** Columns of the image. */
  readonly width: number;
  /** Column and row of the upper left corner. */
  readonly x: number;
  readonly y: number;
  /** The number of the colour. */
  readonly colour: number;
  /** Pixels of a dot of the letters. @default 1 */
  readonly scale?: number;
}

/** Columns that text takes at scale 1: letters of 5 and a gap. */
export function pixelTextWidth(text: string): number {
  return Math.max(0, 6 * text.length - 1);
}

/**
 * Draws digits, `.`, `:`, `-`, blanks, `s` and `m` into an image, letters of 5 x 7 dots; others are left blank, and what
 * lies outside the image is cut off.
 * @param pixels - row by row, changed in place
 */
export function drawPixelText(pixels: Uint8Array, text: string, options: PixelTextOptions): void {
  const { width, x, y, colour, scale = 1 } = options;
  const height = pixels.length / width;
  for (const [place, character] of Array.from(text).entries()) {
    const rows = GLYPHS[character] ?? [];
    for (let dot = 0; dot < rows.length * 5; dot++) {
      const [row, column] = [Math.floor(dot / 5), dot % 5];
      if ((rows[row]! & (16 >> column)) === 0) continue;
      const left = x + (6 * place + column) * scale;
      const top = y + row * scale;
      for (let line = Math.max(0, top); line < Math.min(height, top + scale); line++) {
        const start = line * width;
        pixels.fill(colour, start + Math.max(0, left), start + Math.max(0, Math.min(width, left + scale)));
      }
    }
  }
}
