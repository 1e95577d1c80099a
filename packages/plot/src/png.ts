import { crc32, deflateSync } from "node:zlib";
import {
  type AnimationOptions,
  type AnimationWriter,
  checkAnimation,
  checkIndexedImage,
  checkPixels,
  type IndexedImageOptions,
} from "./indexed-image.ts";

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/**
 * An image as the bytes of a PNG file with a palette (PNG specification, 3rd edition, 2025).
 * @param pixels - the number of a colour for each pixel, row by row from the top
 * @throws InvalidArgumentError when the shapes do not fit
 * @example
 * encodePng(Uint8Array.of(0, 1, 1, 0), { width: 2, height: 2, palette: Uint8Array.of(0, 0, 0, 255, 255, 255) });
 */
export function encodePng(pixels: Uint8Array, options: IndexedImageOptions): Uint8Array {
  checkIndexedImage(options);
  checkPixels(pixels, options);
  return Buffer.concat([
    SIGNATURE,
    imageHeader(options),
    chunk("PLTE", options.palette),
    chunk("IDAT", packRows(pixels, options)),
    chunk("IEND"),
  ]);
}

/**
 * Writes an animated PNG with a palette, a frame at a time, played again and again; where a program knows nothing of
 * animation it shows the first frame (PNG specification, 3rd edition, 2025, section 11.3.4).
 * @example
 * const writer = new ApngWriter({ width: 2, height: 1, palette, fps: 25 });
 * const file = [writer.header(2), writer.frame(first), writer.frame(second), writer.end()];
 */
export class ApngWriter implements AnimationWriter {
  readonly #options: AnimationOptions;
  #frames = 0;
  #sequence = 0;

  /** @throws InvalidArgumentError */
  constructor(options: AnimationOptions) {
    checkAnimation(options);
    this.#options = options;
  }

  header(frameCount: number): Uint8Array {
    const control = new Uint8Array(8);
    new DataView(control.buffer).setUint32(0, frameCount);
    return Buffer.concat([
      SIGNATURE,
      imageHeader(this.#options),
      chunk("PLTE", this.#options.palette),
      chunk("acTL", control),
    ]);
  }

  frame(pixels: Uint8Array): Uint8Array {
    const { width, height, fps } = this.#options;
    checkPixels(pixels, this.#options);
    const control = new DataView(new ArrayBuffer(26));
    control.setUint32(0, this.#sequence++);
    control.setUint32(4, width);
    control.setUint32(8, height);
    // A frame stays for a fraction of a second: 1000 over 1000 times the rate is exact to a thousandth of a frame.
    const isSlow = fps < 65;
    control.setUint16(20, isSlow ? 1000 : 1);
    control.setUint16(22, Math.round(isSlow ? 1000 * fps : fps));
    const data = packRows(pixels, this.#options);
    const controlChunk = chunk("fcTL", new Uint8Array(control.buffer));
    if (this.#frames++ === 0) return Buffer.concat([controlChunk, chunk("IDAT", data)]);
    const sequence = new Uint8Array(4);
    new DataView(sequence.buffer).setUint32(0, this.#sequence++);
    return Buffer.concat([controlChunk, chunk("fdAT", sequence, data)]);
  }

  end(): Uint8Array {
    return chunk("IEND");
  }
}

function imageHeader({ width, height }: IndexedImageOptions): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8); // bits of a pixel
  header.setUint8(9, 3); // with a palette
  return chunk("IHDR", new Uint8Array(header.buffer));
}

/** Rows with filter 0, which is best for numbers of colours, compressed. */
function packRows(pixels: Uint8Array, { width, height }: IndexedImageOptions): Uint8Array {
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  return deflateSync(rows);
}

/** Length, name, data, and the CRC-32 of name and data. */
function chunk(name: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = name.charCodeAt(i);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  view.setUint32(at, crc32(bytes.subarray(4, at)));
  return bytes;
}
