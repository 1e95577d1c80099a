import {
  checkInteger,
  InvalidArgumentError,
  resolveOptions,
  type SeededRandom,
  seededRandom,
} from "@millrace/base";
import { BufferPool } from "@millrace/buffers";
import { type EventChunk, EventRows } from "../event-rows.ts";
import { DEFAULT_MADE_EVENTS_OPTIONS, type MadeEventsOptions } from "./made-events.ts";

/** What a synthetic scene is made of. */
export interface SyntheticSceneOptions extends MadeEventsOptions {
  /** Columns of the sensor, 16 to 65,536. @default 1280 */
  readonly width?: number;
  /** Rows of the sensor, 1 to 65,536. @default 720 */
  readonly height?: number;
  /** How many events, exactly. @default 1,000,000 */
  readonly events?: number;
  /** Mean events in a microsecond, above 0. @default 10 */
  readonly ratePerUs?: number;
  /** The share of bursts that are a single event anywhere, 0 to 1. @default 0.0625 */
  readonly noise?: number;
  /** The time of the first event, µs. @default 0 */
  readonly startUs?: number;
}

/** What {@link SyntheticSceneOptions} are when they are not given. */
export const DEFAULT_SYNTHETIC_SCENE_OPTIONS: Required<SyntheticSceneOptions> = Object.freeze({
  ...DEFAULT_MADE_EVENTS_OPTIONS,
  width: 1280,
  height: 720,
  events: 1_000_000,
  ratePerUs: 10,
  noise: 0.0625,
  startUs: 0,
});

/** Bars that move through the scene. */
const BARS = 8;

/**
 * A scene of moving bars and noise as a camera would read it out, sorted by time, as long as wanted and never repeating:
 * for tests and benchmarks of what reads and writes events.
 *
 * The bars are slanted and move at speeds of their own; the front of each gives brighter events, its back darker ones.
 * Events come in bursts, as from a sensor that is read row by row: some of twelve neighbours of a row, with one time and
 * one polarity. Whoever gets a chunk releases it.
 * @throws InvalidArgumentError for an option out of its range
 * @example
 * for await (const chunk of syntheticScene({ events: 100_000_000, seed: 7 })) chunk.release();
 */
export async function* syntheticScene(
  options: SyntheticSceneOptions = {},
): AsyncGenerator<EventChunk, void, undefined> {
  const filled = checkOptions(options);
  const { events, rowsPerChunk } = filled;
  const pool = filled.pool ?? new BufferPool();
  const random = seededRandom(filled.seed);
  const bars = makeBars(random, filled);
  const scan = { line: 0 };
  for (let made = 0; made < events; ) {
    const rows = new EventRows(rowsPerChunk, pool);
    fillRows(rows, Math.min(rowsPerChunk, events - made), made, bars, random, scan, filled);
    made += rows.rowCount;
    yield rows.seal();
  }
}

/** Four numbers a bar: column at the first row and time 0, columns a µs, columns a row, and width in columns. */
function makeBars(random: SeededRandom, { width, height }: Required<SyntheticSceneOptions>): Float64Array {
  const bars = new Float64Array(4 * BARS);
  for (let bar = 0; bar < BARS; bar++) {
    const direction = bar % 2 === 0 ? 1 : -1;
    bars[4 * bar] = random.next() * width;
    bars[4 * bar + 1] = direction * (0.2 + random.next()) * width * 1e-6;
    bars[4 * bar + 2] = ((random.next() - 0.5) * width) / (2 * height);
    bars[4 * bar + 3] = (0.02 + 0.06 * random.next()) * width;
  }
  return bars;
}

/** @param made - events before these rows: what the time is counted from */
function fillRows(
  rows: EventRows,
  wanted: number,
  made: number,
  bars: Float64Array,
  random: SeededRandom,
  scan: { line: number },
  { width, height, ratePerUs, noise, startUs }: Required<SyntheticSceneOptions>,
): void {
  const { timeWords, x, y, p } = rows;
  const noiseBelow = noise * 2 ** 32;
  let count = 0;
  while (count < wanted) {
    const time = startUs + Math.floor((made + count) / ratePerUs);
    const lo = time | 0;
    const hi = Math.floor(time / 2 ** 32);
    const choice = random.nextU32();
    const bits = random.nextU32();
    if (choice < noiseBelow) {
      timeWords[2 * count] = lo;
      timeWords[2 * count + 1] = hi;
      x[count] = Math.floor(((bits & 0xffff) / 65_536) * width);
      y[count] = Math.floor(((bits >>> 16) / 65_536) * height);
      p[count++] = choice & 1;
      continue;
    }
    // The readout goes down the rows, passes some over, and begins again.
    scan.line = (scan.line + 1 + ((bits >>> 4) & 3)) % height;
    const { line } = scan;
    const bar = 4 * (bits & (BARS - 1));
    const isFront = (bits >>> 3) & 1;
    const forwards = bars[bar + 1]! > 0 ? 1 : 0;
    // The front is the right edge of a bar that moves to the right, and the left edge of one that moves to the left.
    const edge = isFront === forwards ? bars[bar + 3]! : 0;
    const place = bars[bar]! + bars[bar + 1]! * time + bars[bar + 2]! * line + edge;
    const base = Math.floor(place - Math.floor(place / width) * width);
    // The first pixel of a burst always fires, its neighbours by chance.
    for (let mask = (choice & 0xfff) | 1, column = base; mask !== 0; mask >>>= 1, column++) {
      if ((mask & 1) === 0) continue;
      if (column >= width || count === wanted) break;
      timeWords[2 * count] = lo;
      timeWords[2 * count + 1] = hi;
      x[count] = column;
      y[count] = line;
      p[count++] = isFront;
    }
  }
  rows.rowCount = count;
}

function checkOptions(options: SyntheticSceneOptions): Required<SyntheticSceneOptions> {
  const filled = resolveOptions<Required<SyntheticSceneOptions>>(
    "events",
    DEFAULT_SYNTHETIC_SCENE_OPTIONS,
    options,
  );
  checkInteger("events", "width", filled.width, 16, 65_536);
  checkInteger("events", "height", filled.height, 1, 65_536);
  checkInteger("events", "events", filled.events, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("events", "startUs", filled.startUs, 0, 2 ** 52);
  checkInteger("events", "rowsPerChunk", filled.rowsPerChunk, 32, 2 ** 24);
  if (!(filled.ratePerUs > 0 && filled.ratePerUs < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError(
      "EVENTS_OPTION_RANGE",
      "ratePerUs",
      filled.ratePerUs,
      "events a µs, above 0",
    );
  if (!(filled.noise >= 0 && filled.noise <= 1))
    throw new InvalidArgumentError("EVENTS_OPTION_RANGE", "noise", filled.noise, "a share from 0 to 1");
  return filled;
}
