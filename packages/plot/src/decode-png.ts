import { CorruptDataError } from "@millrace/base";
import { convertIndexedToRgb, decode } from "fast-png";

/** An image in shades of grey. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  /** Luma of each pixel from 0 to 1, row by row from the top. */
  readonly values: Float32Array;
}

/**
 * Reads a PNG as shades of grey: of colours 0.299 red, 0.587 green and 0.114 blue (ITU-R BT.601). Alpha is ignored.
 * @param name - for messages: the file
 * @throws CorruptDataError `PLOT_PNG_CORRUPT` for what is no PNG, or a damaged one
 */
export function decodePngGrey(bytes: Uint8Array, name = "image"): GreyImage {
  try {
    const png = decode(bytes, { checkCrc: true });
    const { width, height, depth, palette } = png;
    const data = palette === undefined ? png.data : convertIndexedToRgb(png);
    const channels = data.length / (width * height);
    const top = palette === undefined ? 2 ** depth - 1 : 255;
    const values = new Float32Array(width * height);
    for (let i = 0; i < values.length; i++) {
      const at = i * channels;
      const luma =
        channels < 3 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
      values[i] = luma / top;
    }
    return { width, height, values };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new CorruptDataError("PLOT_PNG_CORRUPT", name, 0, `no PNG that can be read: ${said}`, {
      cause: error,
    });
  }
}
