import { type ColourMapName, colourTable, drawPixelText } from "@millrace/plot";
import { type EventChunk, timeOfRow } from "../event-rows.ts";
import type { Geometry } from "../options.ts";

/** How an event fades while it is shown. */
export type RenderDecay = "none" | "linear" | "exponential";

/** Every {@link RenderDecay}. */
export const RENDER_DECAYS: readonly RenderDecay[] = Object.freeze(["none", "linear", "exponential"]);

/** What an image of events looks like. */
export interface PainterOptions {
  /** How long an event is seen, µs; the time constant where the decay is exponential. */
  readonly accumulationUs: number;
  readonly decay: RenderDecay;
  readonly colours: ColourMapName;
  /** Pixels of the image along each side of a pixel of the sensor. */
  readonly scale: number;
  /** Draws the time of each image into its lower left corner. */
  readonly hasTimeCode: boolean;
}

/** Colours of values; the last of 256 is that of the text. */
const LEVELS = 255;
const TEXT_COLOUR = 255;

/** Maps whose middle is no event, and whose ends are the two polarities. */
const DIVERGING: readonly ColourMapName[] = ["blue-red", "blue-red-dark"];

/**
 * Draws the latest event of each pixel, the younger the stronger: what a time surface is, in colours. Polarity is told
 * by colour maps that go both ways; the others show age alone.
 */
export class EventPainter {
  /** Size of the images. */
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of 256 colours. */
  readonly palette: Uint8Array;
  readonly #size: Geometry;
  readonly #options: PainterOptions;
  /** Time of each pixel's latest event. */
  readonly #times: Float64Array;
  /** Its polarity: -1 or 1. */
  readonly #signs: Int8Array;

  constructor(size: Geometry, options: PainterOptions) {
    this.#size = size;
    this.#options = options;
    this.width = size.width * options.scale;
    this.height = size.height * options.scale;
    this.#times = new Float64Array(size.width * size.height).fill(Number.NEGATIVE_INFINITY);
    this.#signs = new Int8Array(size.width * size.height);
    this.palette = new Uint8Array(768);
    this.palette.set(colourTable(options.colours, LEVELS));
    const background = 3 * this.#background;
    // Text stands out from what is behind it: white on dark, black on bright.
    const isDark =
      this.palette[background]! + this.palette[background + 1]! + this.palette[background + 2]! < 384;
    this.palette.fill(isDark ? 255 : 0, 3 * TEXT_COLOUR);
  }

  /** Adds the rows from `start` to below `end`; those outside the sensor are left out. */
  add(chunk: EventChunk, start: number, end: number): void {
    const { x, y, p } = chunk.columns;
    keepLatest(x, y, p, chunk.words("t"), start, end, this.#times, this.#signs, this.#size);
  }

  /** The image at a time: the number of a colour for each pixel, row by row. */
  paint(timeUs: number): Uint8Array<ArrayBuffer> {
    const { accumulationUs, decay, scale, hasTimeCode } = this.#options;
    const levels = new Uint8Array(this.#times.length);
    const background = this.#background;
    const reach = LEVELS - 1 - background;
    const isSigned = background !== 0;
    for (let i = 0; i < levels.length; i++) {
      const age = (timeUs - this.#times[i]!) / accumulationUs;
      const strength =
        decay === "exponential" ? expDecay(age) : age >= 1 ? 0 : decay === "none" ? 1 : 1 - age;
      const sign = isSigned ? this.#signs[i]! : 1;
      levels[i] = background + sign * Math.round(reach * Math.min(1, strength));
    }
    const image = scale === 1 ? levels : enlarge(levels, this.#size, scale);
    if (hasTimeCode) this.#drawTime(image, timeUs);
    return image;
  }

  get #background(): number {
    return DIVERGING.includes(this.#options.colours) ? (LEVELS - 1) / 2 : 0;
  }

  #drawTime(image: Uint8Array, timeUs: number): void {
    const scale = Math.max(1, Math.floor(this.height / 240));
    const text = `${(timeUs / 1e6).toFixed(6)} s`;
    const y = this.height - 10 * scale;
    drawPixelText(image, text, { width: this.width, x: 3 * scale, y, colour: TEXT_COLOUR, scale });
  }
}

function expDecay(age: number): number {
  // Beyond 8 time constants no colour is left.
  return age > 8 ? 0 : Math.exp(-age);
}

function keepLatest(
  x: Uint16Array,
  y: Uint16Array,
  p: Uint8Array,
  words: Int32Array,
  start: number,
  end: number,
  times: Float64Array,
  signs: Int8Array,
  { width, height }: Geometry,
): void {
  for (let row = start; row < end; row++) {
    const column = x[row]!;
    const line = y[row]!;
    if (column >= width || line >= height) continue;
    const pixel = line * width + column;
    times[pixel] = timeOfRow(words, row);
    signs[pixel] = 2 * p[row]! - 1;
  }
}

function enlarge(levels: Uint8Array, { width, height }: Geometry, scale: number): Uint8Array<ArrayBuffer> {
  const rowLength = width * scale;
  const image = new Uint8Array(rowLength * height * scale);
  for (let y = 0; y < height; y++) {
    const start = y * scale * rowLength;
    for (let x = 0; x < width; x++) {
      image.fill(levels[y * width + x]!, start + x * scale, start + (x + 1) * scale);
    }
    for (let copy = 1; copy < scale; copy++) {
      image.copyWithin(start + copy * rowLength, start, start + rowLength);
    }
  }
  return image;
}
