import type { EventChunk } from "../event-rows.ts";
import { backgroundActivity, refractory } from "../filters/denoise.ts";
import { polarity, regions } from "../filters/selections.ts";
import { loadEvents } from "../load/load-events.ts";
import { openRecording } from "../open-recording.ts";
import type { Geometry, RecordingOptions } from "../options.ts";
import { countFrame } from "../representations/frames.ts";
import { timeSurface } from "../representations/time-surface.ts";
import { voxelGrid } from "../representations/voxel-grid.ts";
import { summarizeEvents } from "../summary.ts";

/** How fast one kind of work was, at best. */
export interface BenchCase {
  readonly name: string;
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

/** Work on a chunk, which it may change. */
type ChunkWork = (chunk: EventChunk) => void;

/**
 * Measures decoding, loading, filters and representations on a recording; each the best of some runs. Of filters and
 * representations only their own work is counted, not the decoding that gives them events.
 * @param path - read anew for each run
 * @param runs - of each case, 1 and more
 */
export async function benchRecording(
  path: string,
  options: RecordingOptions = {},
  runs = 3,
): Promise<{ readonly events: number; readonly cases: readonly BenchCase[] }> {
  const { size, events, startUs, stopUs } = await survey(path, options);
  const window = { startUs, stopUs, bins: 5 };
  const half = { x: 0, y: 0, width: Math.ceil(size.width / 2), height: size.height };
  const filter = (make: () => { apply(chunk: EventChunk): void }) => (): ChunkWork => {
    const made = make();
    return (chunk) => made.apply(chunk);
  };
  const representation = (make: () => { add(chunk: EventChunk): void }) => (): ChunkWork => {
    const made = make();
    return (chunk) => made.add(chunk);
  };
  const works: readonly (readonly [name: string, make: () => ChunkWork])[] = [
    ["filter polarity", filter(() => polarity(1))],
    ["filter region", filter(() => regions(half))],
    ["filter refractory", filter(() => refractory(1000, size))],
    ["filter background", filter(() => backgroundActivity(5000, size))],
    ["count frame", representation(() => countFrame(size))],
    ["voxel grid", representation(() => voxelGrid(size, window))],
    ["time surface", representation(() => timeSurface({ ...size, tauUs: 10_000 }))],
  ];
  const cases: BenchCase[] = [];
  const measure = async (name: string, run: () => Promise<number>): Promise<void> => {
    let seconds = Number.POSITIVE_INFINITY;
    for (let i = 0; i < runs; i++) seconds = Math.min(seconds, (await run()) / 1000);
    cases.push({ name, seconds, eventsPerSecond: seconds > 0 ? Math.round(events / seconds) : 0 });
  };
  await measure("decode", () => timed(() => workOn(path, options, () => {})));
  await measure("load", () => timed(() => loadEvents(path, withoutPool(options))));
  for (const [name, make] of works) await measure(name, () => workOn(path, options, make()));
  return { events, cases };
}

async function survey(path: string, options: RecordingOptions) {
  await using recording = await openRecording(path, options);
  const { events, firstTimeUs, lastTimeUs } = await summarizeEvents(recording.events());
  const size: Geometry = { width: recording.width ?? 1, height: recording.height ?? 1 };
  const startUs = firstTimeUs ?? 0;
  return { size, events, startUs, stopUs: Math.max(startUs + 1, lastTimeUs ?? 0) };
}

/** @returns milliseconds of the work alone */
async function workOn(path: string, options: RecordingOptions, work: ChunkWork): Promise<number> {
  await using recording = await openRecording(path, options);
  let sum = 0;
  for await (const chunk of recording.events()) {
    const start = performance.now();
    work(chunk);
    sum += performance.now() - start;
    chunk.release();
  }
  return sum;
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function withoutPool({ rowsPerChunk: _rows, pool: _pool, ...others }: RecordingOptions) {
  return others;
}
