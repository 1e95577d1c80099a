import { checkInteger, InvalidArgumentError } from "@millrace/base";

/** An image whose pixels are numbers of colours: what PNG, APNG and GIF have in common. */
export interface IndexedImageOptions {
  /** Columns, 1 to 65,535. */
  readonly width: number;
  /** Rows, 1 to 65,535. */
  readonly height: number;
  /** Red, green and blue of 1 to 256 colours, a byte each. */
  readonly palette: Uint8Array;
}

/** How an animation is played. */
export interface AnimationOptions extends IndexedImageOptions {
  /** Frames in a second, above 0, up to 1000; a GIF has steps of 10 ms. */
  readonly fps: number;
}

/**
 * Writes an animation frame by frame, as pieces of bytes for a file: the header, then each frame, then the end.
 * A header that says how many frames there are is written again, over the first one, when that is known.
 */
export interface AnimationWriter {
  /** @param frameCount - 0 while it is not known; the length does not depend on it */
  header(frameCount: number): Uint8Array;
  /** @param pixels - the number of a colour for each pixel, row by row @throws InvalidArgumentError */
  frame(pixels: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

/** @throws InvalidArgumentError for a size or a palette that no indexed image has */
export function checkIndexedImage({ width, height, palette }: IndexedImageOptions): void {
  checkInteger("plot", "width", width, 1, 65_535);
  checkInteger("plot", "height", height, 1, 65_535);
  if (palette.length >= 3 && palette.length <= 768 && palette.length % 3 === 0) return;
  const expected = "3 to 768, three for each colour";
  throw new InvalidArgumentError("PLOT_SHAPE_MISMATCH", "bytes of the palette", palette.length, expected);
}

/** @throws InvalidArgumentError also for frame rates out of range */
export function checkAnimation(options: AnimationOptions): void {
  checkIndexedImage(options);
  if (options.fps > 0 && options.fps <= 1000) return;
  throw new InvalidArgumentError("PLOT_VALUE_RANGE", "frames per second", options.fps, "above 0, up to 1000");
}

/** @throws InvalidArgumentError when there is not one pixel for each place, or a colour is not in the palette */
export function checkPixels(pixels: Uint8Array, { width, height, palette }: IndexedImageOptions): void {
  if (pixels.length !== width * height) {
    const expected = `${width * height}, one for each of ${width} x ${height}`;
    throw new InvalidArgumentError("PLOT_SHAPE_MISMATCH", "pixels", pixels.length, expected);
  }
  const colours = palette.length / 3;
  if (colours === 256) return;
  for (let i = 0; i < pixels.length; i++) {
    if (pixels[i]! < colours) continue;
    const expected = `a colour from 0 to ${colours - 1}`;
    throw new InvalidArgumentError("PLOT_SHAPE_MISMATCH", `pixel ${i}`, pixels[i], expected);
  }
}
