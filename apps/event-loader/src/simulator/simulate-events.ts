import {
  checkInteger,
  InvalidArgumentError,
  resolveOptions,
  type SeededRandom,
  seededRandom,
} from "@millrace/base";
import { BufferPool, GrowableFloat64 } from "@millrace/buffers";
import { type EventChunk, EventRows } from "../event-rows.ts";
import type { Geometry } from "../options.ts";
import { DEFAULT_MADE_EVENTS_OPTIONS, type MadeEventsOptions } from "./made-events.ts";

/** A picture at a time. */
export interface SimulatorFrame {
  /** Whole microseconds, above those of the frame before. */
  readonly timeUs: number;
  /** Brightness of each pixel from 0 (black) to 1, row by row from the top; read before the next frame is asked for. */
  readonly values: Float32Array;
}

/** The camera that is simulated. */
export interface SimulatorOptions extends MadeEventsOptions {
  /** How much the logarithm of the brightness rises for an event; above 0. @default 0.2 */
  readonly onThreshold?: number;
  /** How much it falls for one. @default 0.2 */
  readonly offThreshold?: number;
  /** A pixel is blind for so long behind an event, µs. @default 0 */
  readonly refractoryUs?: number;
  /** Added to the brightness before its logarithm: darkness has none. @default 0.001 */
  readonly epsilon?: number;
  /** Random events of each pixel a second. @default 0 */
  readonly noiseHz?: number;
  /** Events of each pixel a second that a leak makes, all brighter. @default 0 */
  readonly leakHz?: number;
  /** Most events between two frames; more is a CapacityError. @default 67,108,864 */
  readonly limit?: number;
}

/** What {@link SimulatorOptions} are when they are not given. */
export const DEFAULT_SIMULATOR_OPTIONS: Required<SimulatorOptions> = Object.freeze({
  ...DEFAULT_MADE_EVENTS_OPTIONS,
  onThreshold: 0.2,
  offThreshold: 0.2,
  refractoryUs: 0,
  epsilon: 0.001,
  noiseHz: 0,
  leakHz: 0,
  limit: 2 ** 26,
});

/**
 * What an event camera would have seen of a sequence of pictures, sorted by time, then row and column.
 *
 * The logarithm of each pixel's brightness runs in a straight line from frame to frame; an event falls on the time at
 * which it has moved by a threshold from where it was at the last one (Rebecq et al., "ESIM: an Open Event Camera
 * Simulator", 2018, section 3). A leak is a slow rise of all pixels. Times are rounded to microseconds. Whoever gets a
 * chunk releases it.
 * @throws InvalidArgumentError for options out of their range, frames of another size, times that do not rise
 * @throws CapacityError for more events between two frames than the limit
 * @example
 * for await (const chunk of simulateEvents(sceneFrames("bar"), { width: 320, height: 240 })) chunk.release();
 */
export async function* simulateEvents(
  frames: AsyncIterable<SimulatorFrame> | Iterable<SimulatorFrame>,
  size: Geometry,
  options: SimulatorOptions = {},
): AsyncGenerator<EventChunk, void, undefined> {
  const filled = checkOptions(options, size);
  const pixels = size.width * size.height;
  const pool = filled.pool ?? new BufferPool();
  const state: PixelState = {
    logs: new Float64Array(pixels),
    references: new Float64Array(pixels),
    lastTimes: new Float64Array(pixels).fill(Number.NEGATIVE_INFINITY),
  };
  const random = seededRandom(filled.seed);
  // An event is one number, so that sorting is sorting of numbers: ((time × pixels) + pixel) × 2 + polarity.
  const keys = new GrowableFloat64({ maxCapacity: filled.limit });
  let first: number | undefined;
  let before = 0;
  for await (const { timeUs, values } of frames) {
    checkFrame(timeUs, values, first === undefined ? undefined : before, pixels);
    if (first === undefined) {
      first = timeUs;
      for (let i = 0; i < pixels; i++) {
        state.logs[i] = Math.log(values[i]! + filled.epsilon);
        state.references[i] = state.logs[i]!;
      }
    } else {
      const leak = filled.leakHz * filled.onThreshold * 1e-6 * (timeUs - first);
      keys.clear();
      crossThresholds(values, state, before, timeUs, leak, filled, keys);
      if (filled.noiseHz > 0) addNoise(keys, random, pixels, timeUs - before, filled.noiseHz);
      yield* emit(keys.view().sort(), before, size, filled.rowsPerChunk, pool);
    }
    before = timeUs;
  }
}

/** What each pixel remembers. */
interface PixelState {
  /** Logarithm of the brightness in the last frame, leak included. */
  readonly logs: Float64Array;
  /** Where it was at the last event. */
  readonly references: Float64Array;
  readonly lastTimes: Float64Array;
}

function crossThresholds(
  values: Float32Array,
  { logs, references, lastTimes }: PixelState,
  fromUs: number,
  toUs: number,
  leak: number,
  { onThreshold, offThreshold, refractoryUs, epsilon }: Required<SimulatorOptions>,
  keys: GrowableFloat64,
): void {
  const pixels = logs.length;
  const duration = toUs - fromUs;
  for (let i = 0; i < pixels; i++) {
    const start = logs[i]!;
    const end = Math.log(values[i]! + epsilon) + leak;
    logs[i] = end;
    if (end === start) continue;
    const isRising = end > start;
    const step = isRising ? onThreshold : -offThreshold;
    const perUnit = duration / (end - start);
    let level = references[i]! + step;
    while (isRising ? level <= end : level >= end) {
      references[i] = level;
      // Behind a change of direction the level may be one that was passed before this frame.
      const time = fromUs + Math.max(0, (level - start) * perUnit);
      if (time - lastTimes[i]! >= refractoryUs) {
        lastTimes[i] = time;
        keys.push((Math.round(time - fromUs) * pixels + i) * 2 + (isRising ? 1 : 0));
      }
      level += step;
    }
  }
}

function addNoise(
  keys: GrowableFloat64,
  random: SeededRandom,
  pixels: number,
  duration: number,
  hz: number,
): void {
  const mean = hz * duration * 1e-6 * pixels;
  // Gaps between events of a Poisson process have an exponential distribution.
  const gap = (): number => -Math.log(1 - random.next());
  for (let at = gap(); at < mean; at += gap()) {
    const offset = Math.round((at / mean) * duration);
    const pixel = Math.floor(random.next() * pixels);
    keys.push((offset * pixels + pixel) * 2 + (random.nextU32() & 1));
  }
}

function* emit(
  keys: Float64Array,
  fromUs: number,
  { width, height }: Geometry,
  rowsPerChunk: number,
  pool: BufferPool,
): Generator<EventChunk, void, undefined> {
  const pixels = width * height;
  for (let start = 0; start < keys.length; start += rowsPerChunk) {
    const count = Math.min(rowsPerChunk, keys.length - start);
    const rows = new EventRows(rowsPerChunk, pool);
    for (let row = 0; row < count; row++) {
      const key = keys[start + row]!;
      const place = Math.floor(key / 2);
      const pixel = place % pixels;
      const time = fromUs + Math.floor(place / pixels);
      rows.timeWords[2 * row] = time | 0;
      rows.timeWords[2 * row + 1] = Math.floor(time / 2 ** 32);
      rows.x[row] = pixel % width;
      rows.y[row] = Math.floor(pixel / width);
      rows.p[row] = key - 2 * place;
    }
    rows.rowCount = count;
    yield rows.seal();
  }
}

function checkFrame(timeUs: number, values: Float32Array, before: number | undefined, pixels: number): void {
  checkInteger("events", "frame time", timeUs, 0, 2 ** 52);
  if (values.length !== pixels) {
    const expected = `${pixels}, one for each place of the sensor`;
    throw new InvalidArgumentError("EVENTS_FRAME_SHAPE", "pixels of a frame", values.length, expected);
  }
  if (before === undefined) return;
  const longest = Math.floor(2 ** 51 / pixels);
  if (timeUs > before && timeUs - before < longest) return;
  const expected = `above ${before} µs, and less than ${longest} µs behind it`;
  throw new InvalidArgumentError("EVENTS_FRAME_TIME", "time of a frame", timeUs, expected);
}

function checkOptions(options: SimulatorOptions, { width, height }: Geometry): Required<SimulatorOptions> {
  const filled = resolveOptions<Required<SimulatorOptions>>("events", DEFAULT_SIMULATOR_OPTIONS, options);
  checkInteger("events", "width", width, 1, 65_536);
  checkInteger("events", "height", height, 1, 65_536);
  checkInteger("events", "pixels", width * height, 1, 2 ** 25);
  checkInteger("events", "rowsPerChunk", filled.rowsPerChunk, 32, 2 ** 24);
  checkInteger("events", "limit", filled.limit, 1, 2 ** 30);
  for (const name of ["onThreshold", "offThreshold", "epsilon"] as const) {
    if (!(filled[name] > 0)) throw outOfRange(name, filled[name], "above 0");
  }
  for (const name of ["refractoryUs", "noiseHz", "leakHz"] as const) {
    if (!(filled[name] >= 0)) throw outOfRange(name, filled[name], "0 or more");
  }
  return filled;
}

function outOfRange(name: string, value: number, expected: string): InvalidArgumentError {
  return new InvalidArgumentError("EVENTS_OPTION_RANGE", name, value, expected);
}
