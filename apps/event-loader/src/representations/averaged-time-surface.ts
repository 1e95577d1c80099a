import { checkInteger, InvalidArgumentError } from "@millrace/base";
import { timeOfRow } from "../event-rows.ts";
import { checkSize, type Representation, type RepresentationSize } from "./representation.ts";
import { checkTau } from "./time-surface.ts";

/** What averaged time surfaces are of. */
export interface AveragedTimeSurfaceOptions extends RepresentationSize {
  /** Columns and rows of a cell, 1 to 256; those at the right and lower border may be smaller. */
  readonly cellPixels: number;
  /** Columns and rows on each side of an event that belong to its surface, 0 to 64. */
  readonly radius: number;
  /** Time constant, µs, above 0. */
  readonly tauUs: number;
  /** How far an event looks back, µs, above 0. */
  readonly windowUs: number;
}

/**
 * Averaged time surfaces (HATS): each event has a surface of `(2 radius + 1)²` values, at each offset the sum of
 * `exp(-(t - t_j) / tau)` over the earlier events j there of its own cell and polarity that are no older than the
 * window, `t_j` in `[t - window, t)`; a cell's surface is the mean of its events' surfaces (Sironi et al., "HATS:
 * Histograms of Averaged Time Surfaces", 2018, equations 4 to 7, with the memory shared by a cell).
 *
 * Channel `2 cell + p`, cells row by row, each of `2 radius + 1` rows and columns. An event costs as much as its cell
 * has events in the window: keep the window short. Events are sorted by time.
 * @throws InvalidArgumentError for values out of their range
 */
export function averagedTimeSurface(options: AveragedTimeSurfaceOptions): Representation<Float32Array> {
  const { width, height, cellPixels, radius, tauUs, windowUs } = options;
  checkInteger("events", "cellPixels", cellPixels, 1, 256);
  checkInteger("events", "radius", radius, 0, 64);
  checkSize(options, 1);
  checkTau(tauUs);
  if (!(windowUs > 0))
    throw new InvalidArgumentError("EVENTS_FILTER_RANGE", "window", windowUs, "microseconds above 0");
  const side = 2 * radius + 1;
  const cellsAcross = Math.ceil(width / cellPixels);
  const surfaces = 2 * cellsAcross * Math.ceil(height / cellPixels);
  const sums = new Float64Array(checkSize({ width: side, height: side }, surfaces));
  const memories: (CellMemory | undefined)[] = Array.from({ length: surfaces });
  const counts = new Float64Array(surfaces);
  return {
    shape: [surfaces, side, side],
    add(chunk) {
      const { x, y, p } = chunk.columns;
      const times = chunk.words("t");
      for (let row = 0; row < chunk.rowCount; row++) {
        const column = x[row]!;
        const line = y[row]!;
        if (column >= width || line >= height) continue;
        const cell = Math.floor(line / cellPixels) * cellsAcross + Math.floor(column / cellPixels);
        const surface = 2 * cell + p[row]!;
        memories[surface] ??= new CellMemory();
        const memory = memories[surface];
        const time = timeOfRow(times, row);
        memory.forget(time - windowUs);
        addSurface(memory, sums, surface * side * side, side, column, line, time, tauUs);
        memory.push(column, line, time);
        counts[surface]!++;
      }
    },
    values: () =>
      Float32Array.from(sums, (sum, i) => sum / Math.max(1, counts[Math.floor(i / side / side)]!)),
  };
}

/** The events of one cell and polarity that are not too old, oldest first. */
class CellMemory {
  x: Uint16Array = new Uint16Array(16);
  y: Uint16Array = new Uint16Array(16);
  times: Float64Array = new Float64Array(16);
  start = 0;
  end = 0;

  forget(before: number): void {
    while (this.start < this.end && this.times[this.start]! < before) this.start++;
  }

  push(x: number, y: number, time: number): void {
    if (this.end === this.times.length) this.#makeRoom();
    this.x[this.end] = x;
    this.y[this.end] = y;
    this.times[this.end++] = time;
  }

  /** Moves what is left to the front, of larger arrays if it is more than half. */
  #makeRoom(): void {
    const { start, end } = this;
    const capacity = this.times.length * (2 * (end - start) > end ? 2 : 1);
    const [x, y, times] = [this.x, this.y, this.times];
    this.x = new Uint16Array(capacity);
    this.y = new Uint16Array(capacity);
    this.times = new Float64Array(capacity);
    this.x.set(x.subarray(start, end));
    this.y.set(y.subarray(start, end));
    this.times.set(times.subarray(start, end));
    this.end = end - start;
    this.start = 0;
  }
}

function addSurface(
  { x, y, times, start, end }: CellMemory,
  sums: Float64Array,
  at: number,
  side: number,
  column: number,
  line: number,
  time: number,
  tauUs: number,
): void {
  const left = column - (side >> 1);
  const top = line - (side >> 1);
  for (let j = start; j < end; j++) {
    const dx = x[j]! - left;
    const dy = y[j]! - top;
    if (dx < 0 || dx >= side || dy < 0 || dy >= side || times[j]! >= time) continue;
    sums[at + dy * side + dx]! += Math.exp((times[j]! - time) / tauUs);
  }
}
