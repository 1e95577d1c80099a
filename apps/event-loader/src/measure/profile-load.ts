import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadEvents } from "../load/load-events.ts";
import type { LoadOptions } from "../load/load-options.ts";

/** How one way to load went. */
export interface LoadProfile {
  /** One batch for all (direct), or one for each chunk (streamed). */
  readonly mode: "direct" | "streamed";
  readonly chunkSize: number;
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** By how much the process's buffers grew at most, bytes. */
  readonly peakBytes: number;
  /** Growth of the process's buffers over time, bytes, at equal steps. */
  readonly memory: readonly number[];
}

/** Settings that the profiles speak for. */
export interface LoadRecommendation {
  readonly streamingThreshold: number;
  readonly chunkSize: number;
  readonly memoryLimit: number;
  readonly reason: string;
}

/** Chunk sizes that are compared. */
export const PROFILE_CHUNK_SIZES: readonly number[] = Object.freeze([16_384, 65_536, 262_144, 1_048_576]);
/** Another way has to be faster by this factor to be recommended: less is chance. */
const CLEARLY = 1.1;
const SAMPLE_MS = 5;

/**
 * Loads a recording directly and streamed, with several sizes of chunks, and watches the process's memory.
 * @param onCase - called after each way
 */
export async function profileLoad(
  path: string,
  options: LoadOptions = {},
  chunkSizes: readonly number[] = PROFILE_CHUNK_SIZES,
  onCase: (profile: LoadProfile) => void = () => {},
): Promise<LoadProfile[]> {
  // The first load compiles the decoder.
  await loadEvents(path, options);
  const profiles: LoadProfile[] = [];
  for (const mode of ["direct", "streamed"] as const) {
    for (const chunkSize of chunkSizes) {
      const streamingThreshold = mode === "direct" ? Number.MAX_SAFE_INTEGER : 0;
      const profile = await watch(path, { ...options, chunkSize, streamingThreshold }, mode, chunkSize);
      profiles.push(profile);
      onCase(profile);
    }
  }
  return profiles;
}

/** The settings that were best: the fastest way, unless it is faster by less than a tenth and takes more memory. */
export function recommendLoad(profiles: readonly LoadProfile[], limitBytes: number): LoadRecommendation {
  const best = (mode: LoadProfile["mode"]): LoadProfile | undefined =>
    profiles
      .filter((profile) => profile.mode === mode && profile.peakBytes <= limitBytes)
      .reduce<LoadProfile | undefined>(
        (found, next) =>
          found === undefined || next.eventsPerSecond > CLEARLY * found.eventsPerSecond ? next : found,
        undefined,
      );
  const [direct, streamed] = [best("direct"), best("streamed")];
  const events = profiles[0]?.events ?? 0;
  const memoryLimit = Math.ceil((16 * events) / 2 ** 20) * 2 ** 20;
  if (direct === undefined && streamed === undefined) {
    const reason = "no way stays within the memory: read it in chunks, or load a part with a query";
    return { streamingThreshold: 0, chunkSize: 65_536, memoryLimit, reason };
  }
  const isDirect =
    direct !== undefined &&
    (streamed === undefined || direct.eventsPerSecond > CLEARLY * streamed.eventsPerSecond);
  if (isDirect) {
    const reason = "one batch for all is clearly faster, and there is memory for it";
    return { streamingThreshold: 2 * events, chunkSize: direct.chunkSize, memoryLimit, reason };
  }
  const reason = "a batch for each chunk is as fast, and copies nothing";
  return { streamingThreshold: 0, chunkSize: streamed!.chunkSize, memoryLimit, reason };
}

async function watch(
  path: string,
  options: LoadOptions,
  mode: LoadProfile["mode"],
  chunkSize: number,
): Promise<LoadProfile> {
  await collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  const memory: number[] = [0];
  let peakBytes = 0;
  const sample = (): void => {
    const growth = Math.max(0, process.memoryUsage().arrayBuffers - before);
    memory.push(growth);
    peakBytes = Math.max(peakBytes, growth);
  };
  const timer = setInterval(sample, SAMPLE_MS);
  try {
    const start = performance.now();
    const { numRows: events } = await loadEvents(path, options);
    const seconds = (performance.now() - start) / 1000;
    sample();
    return {
      mode,
      chunkSize,
      events,
      seconds,
      eventsPerSecond: Math.round(events / seconds),
      peakBytes,
      memory,
    };
  } finally {
    clearInterval(timer);
  }
}

/**
 * What earlier loads left would hide the memory of the next. V8's collector runs on demand in a context made for it; it
 * frees buffers on another thread, so that a second run finds them gone.
 */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < 2; i++) {
    collect();
    await setImmediate();
  }
}
