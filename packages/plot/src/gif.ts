import { GifLzw } from "./gif-lzw.ts";
import { type AnimationOptions, type AnimationWriter, checkAnimation, checkPixels } from "./indexed-image.ts";

/**
 * Writes an animated GIF, a frame at a time, played again and again (GIF89a specification, 1990; the loop is
 * Netscape's application extension). A frame stays for a whole number of hundredths of a second, so that the frames
 * together stay as long as their rate says.
 * @example
 * const writer = new GifWriter({ width: 2, height: 1, palette, fps: 25 });
 * const file = [writer.header(), writer.frame(first), writer.frame(second), writer.end()];
 */
export class GifWriter implements AnimationWriter {
  readonly #options: AnimationOptions;
  readonly #lzw = new GifLzw();
  /** Bits of a colour's number in the table. */
  readonly #colourBits: number;
  #frames = 0;

  /** @throws InvalidArgumentError */
  constructor(options: AnimationOptions) {
    checkAnimation(options);
    this.#options = options;
    this.#colourBits = Math.max(1, Math.ceil(Math.log2(options.palette.length / 3)));
  }

  header(): Uint8Array {
    const { width, height, palette } = this.#options;
    const table = new Uint8Array(3 * 2 ** this.#colourBits);
    table.set(palette);
    const screen = [width & 255, width >> 8, height & 255, height >> 8, 0xf0 | (this.#colourBits - 1), 0, 0];
    const loop = [0x21, 0xff, 11, ...ascii("NETSCAPE2.0"), 3, 1, 0, 0, 0];
    return Buffer.concat([Uint8Array.from([...ascii("GIF89a"), ...screen]), table, Uint8Array.from(loop)]);
  }

  frame(pixels: Uint8Array): Uint8Array {
    const { width, height, fps } = this.#options;
    checkPixels(pixels, this.#options);
    const [before, after] = [this.#frames, this.#frames + 1].map((count) => Math.round((100 * count) / fps));
    this.#frames++;
    const delay = after! - before!;
    const control = [0x21, 0xf9, 4, 0, delay & 255, (delay >> 8) & 255, 0, 0];
    const image = [0x2c, 0, 0, 0, 0, width & 255, width >> 8, height & 255, height >> 8, 0];
    return Buffer.concat([
      Uint8Array.from([...control, ...image]),
      this.#lzw.encode(pixels, Math.max(2, this.#colourBits)),
    ]);
  }

  end(): Uint8Array {
    return Uint8Array.of(0x3b);
  }
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
