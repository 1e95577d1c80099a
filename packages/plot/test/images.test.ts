import fc from "fast-check";
import { decode, decodeApng, encode } from "fast-png";
import { describe, expect, it } from "vitest";
import {
  ApngWriter,
  COLOUR_MAPS,
  colourTable,
  decodePngGrey,
  drawPixelText,
  encodePng,
  GifWriter,
  pixelTextWidth,
} from "../src/index.ts";
import { readGif } from "./read-gif.ts";

/** Images of few and of many colours, with long runs and without. */
const images = fc
  .record({
    width: fc.integer({ min: 1, max: 90 }),
    height: fc.integer({ min: 1, max: 90 }),
    colours: fc.constantFrom(1, 2, 3, 4, 5, 16, 17, 200, 256),
    frames: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(),
    run: fc.constantFrom(1, 2, 50),
  })
  .map(({ width, height, colours, frames, seed, run }) => {
    let state = seed;
    const pixels = Array.from({ length: frames }, () =>
      Uint8Array.from({ length: width * height }, (_, i) => {
        if (i % run === 0) state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return (state >>> 13) % colours;
      }),
    );
    const palette = Uint8Array.from({ length: 3 * colours }, (_, i) => (i * 37 + seed) & 255);
    return { width, height, palette, pixels, fps: 20 };
  });

const coloursOf = (pixels: Uint8Array, palette: Uint8Array): number[] =>
  Array.from(pixels).flatMap((colour) => [...palette.subarray(3 * colour, 3 * colour + 3)]);

const concat = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

describe("images with a palette", () => {
  it("PNG: another reader sees the same pixels", () =>
    fc.assert(
      fc.property(images, ({ pixels, ...options }) => {
        const { width, height, data, palette } = decode(encodePng(pixels[0]!, options), { checkCrc: true });
        expect([width, height]).toEqual([options.width, options.height]);
        expect([...data]).toEqual([...pixels[0]!]);
        expect(palette!.flat()).toEqual([...options.palette]);
      }),
      { numRuns: 40 },
    ));

  it("APNG: another reader sees the same frames, and how long they stay", () =>
    fc.assert(
      fc.property(images, ({ pixels, ...options }) => {
        const writer = new ApngWriter(options);
        const unknown = writer.header(0).length;
        const frames = pixels.map((frame) => writer.frame(frame));
        const header = writer.header(pixels.length);
        expect(header.length).toBe(unknown);
        const file = decodeApng(concat([header, ...frames, writer.end()]), { checkCrc: true });
        expect(file.numberOfFrames).toBe(pixels.length);
        for (const [i, frame] of file.frames.entries()) {
          expect([...frame.data]).toEqual([...pixels[i]!]);
          expect(frame.delayNumber / frame.delayDenominator).toBeCloseTo(1 / 20, 9);
        }
      }),
      { numRuns: 30 },
    ));

  it("GIF: a plain reader of the specification sees the same frames", () =>
    fc.assert(
      fc.property(images, ({ pixels, ...options }) => {
        const writer = new GifWriter(options);
        const frames = pixels.map((frame) => writer.frame(frame));
        const gif = readGif(concat([writer.header(), ...frames, writer.end()]));
        expect([gif.width, gif.height]).toEqual([options.width, options.height]);
        expect(gif.frames.map(({ delay }) => delay)).toEqual(pixels.map(() => 5));
        for (const [i, frame] of gif.frames.entries()) {
          expect(coloursOf(frame.pixels, gif.palette)).toEqual(coloursOf(pixels[i]!, options.palette));
        }
      }),
      { numRuns: 60 },
    ));

  it("GIF: tables of codes that are filled more than once", () => {
    const palette = colourTable("plasma");
    const pixels = Uint8Array.from({ length: 300 * 200 }, (_, i) => (Math.imul(i, 2654435761) >>> 11) & 255);
    const writer = new GifWriter({ width: 300, height: 200, palette, fps: 30 });
    const gif = readGif(concat([writer.header(), writer.frame(pixels), writer.frame(pixels), writer.end()]));
    expect(gif.frames.map(({ delay }) => delay)).toEqual([3, 4]);
    expect(gif.frames[1]!.pixels).toEqual(pixels);
  });

  it("refuse what cannot be", () => {
    const image = { width: 2, height: 1, palette: Uint8Array.of(1, 2, 3) };
    expect(() => encodePng(new Uint8Array(3), image)).toThrow("2 x 1");
    expect(() => encodePng(Uint8Array.of(0, 1), image)).toThrow("pixel 1");
    expect(() => encodePng(new Uint8Array(2), { ...image, palette: new Uint8Array(4) })).toThrow("palette");
    expect(() => new GifWriter({ ...image, fps: 0 })).toThrow("frames per second");
    expect(() => new ApngWriter({ ...image, width: 0, fps: 1 })).toThrow("width");
  });
});

describe("PNG as shades of grey", () => {
  it("reads palettes, colours and 16 bits alike", () => {
    const palette = Uint8Array.of(0, 0, 0, 255, 0, 0, 255, 255, 255);
    const indexed = decodePngGrey(encodePng(Uint8Array.of(2, 1), { width: 2, height: 1, palette }));
    expect([...indexed.values]).toEqual([expect.closeTo(1, 6), expect.closeTo(0.299, 6)]);
    const rgb = encode({ width: 1, height: 2, channels: 3, data: Uint8Array.of(0, 255, 0, 0, 0, 255) });
    expect([...decodePngGrey(rgb).values]).toEqual([expect.closeTo(0.587, 6), expect.closeTo(0.114, 6)]);
    const deep = encode({ width: 1, height: 1, channels: 1, depth: 16, data: Uint16Array.of(32_768) });
    expect(decodePngGrey(deep).values[0]).toBeCloseTo(0.5, 4);
  });

  it("says which image is damaged", () => {
    const png = encodePng(new Uint8Array(4), { width: 2, height: 2, palette: new Uint8Array(3) });
    png[45]! ^= 1;
    expect(() => decodePngGrey(png, "a.png")).toThrow("a.png");
    expect(() => decodePngGrey(new Uint8Array(5))).toThrow("no PNG");
  });
});

describe("colours and text", () => {
  it("maps go from their first point to their last, and have their published colours between", () => {
    for (const name of COLOUR_MAPS) expect(colourTable(name)).toHaveLength(768);
    expect([...colourTable("viridis").subarray(0, 3)]).toEqual([68, 1, 84]);
    expect([...colourTable("inferno", 10).subarray(12, 15)]).toEqual([165, 44, 96]);
    expect([...colourTable("grey", 2)]).toEqual([0, 0, 0, 255, 255, 255]);
  });

  it("draws letters at their places and cuts off what is outside", () => {
    const pixels = new Uint8Array(12 * 7);
    drawPixelText(pixels, "1-", { width: 12, x: 0, y: 0, colour: 1 });
    const rows = Array.from({ length: 7 }, (_, y) => pixels.subarray(12 * y, 12 * y + 12).join(""));
    expect(rows).toEqual([
      "001000000000",
      "011000000000",
      "001000000000",
      "001000111110",
      "001000000000",
      "001000000000",
      "011100000000",
    ]);
    expect(pixelTextWidth("1-")).toBe(11);
    const small = new Uint8Array(9);
    drawPixelText(small, "8", { width: 3, x: -2, y: -2, colour: 7, scale: 2 });
    expect([...small]).toEqual([7, 7, 7, 7, 7, 7, 0, 0, 0].map((_, i) => small[i]!));
    expect(small.every((value) => value === 0 || value === 7)).toBe(true);
  });
});
