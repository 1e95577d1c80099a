import { checkInteger, MillraceError, resolveOptions } from "@millrace/base";
import type { MetricsRegistry } from "./registry.ts";

/** Bytes a process uses at one moment, as `process.memoryUsage()` counts them. */
export interface MemoryUsage {
  /** Resident set: what the process holds of the machine's memory. */
  readonly rss: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
}

/** The latest sample and the greatest of each since the sampler was made, in bytes. */
export interface MemoryStatistics {
  readonly samples: number;
  readonly last: MemoryUsage;
  readonly peak: MemoryUsage;
}

/** How often and from where a {@link MemorySampler} samples. */
export interface MemorySamplerOptions {
  /** Milliseconds between samples; 1 to 3,600,000. @default 100 */
  readonly intervalMs?: number;
  /** What is sampled. @default process.memoryUsage, where there is a process */
  readonly readMemory?: () => MemoryUsage;
}

/** What a {@link MemorySampler} uses where nothing is given. */
export const DEFAULT_MEMORY_SAMPLER_OPTIONS: Required<MemorySamplerOptions> = Object.freeze({
  intervalMs: 100,
  readMemory: readProcessMemory,
});

const NO_MEMORY: MemoryUsage = Object.freeze({ rss: 0, heapUsed: 0, arrayBuffers: 0 });

/**
 * Samples the process's memory at an interval, from `start` to `stop`; its timer never keeps a process alive.
 *
 * Peaks between two samples go unseen.
 *
 * @example
 * using sampler = new MemorySampler();
 * sampler.start();
 * sampler.statistics.peak.rss; // bytes
 */
export class MemorySampler {
  readonly #options: Required<MemorySamplerOptions>;
  #timer: ReturnType<typeof setInterval> | undefined;
  #samples = 0;
  #last = NO_MEMORY;
  #peak = NO_MEMORY;

  /** @throws InvalidArgumentError for an unknown option or one outside its range */
  constructor(options: MemorySamplerOptions = {}) {
    this.#options = resolveOptions("metrics", DEFAULT_MEMORY_SAMPLER_OPTIONS, options);
    checkInteger("metrics", "intervalMs", this.#options.intervalMs, 1, 3_600_000);
  }

  /** The latest sample and the peaks; zeros before the first. */
  get statistics(): MemoryStatistics {
    return { samples: this.#samples, last: this.#last, peak: this.#peak };
  }

  /** Samples once now and then at the interval; nothing more when it runs already. @throws as `sample` */
  start(): void {
    if (this.#timer !== undefined) return;
    this.sample();
    const timer: unknown = setInterval(() => this.sample(), this.#options.intervalMs);
    this.#timer = timer as ReturnType<typeof setInterval>;
    // In a browser a timer is a number and keeps nothing alive.
    if (typeof timer === "object") this.#timer.unref();
  }

  /** Takes a last sample and stops; nothing when it does not run. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.sample();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** Takes one sample now. @throws MillraceError `METRICS_MEMORY_UNSUPPORTED` where there is no process */
  sample(): MemoryUsage {
    const { rss, heapUsed, arrayBuffers } = this.#options.readMemory();
    const peak = this.#peak;
    this.#samples++;
    this.#last = { rss, heapUsed, arrayBuffers };
    this.#peak = {
      rss: Math.max(peak.rss, rss),
      heapUsed: Math.max(peak.heapUsed, heapUsed),
      arrayBuffers: Math.max(peak.arrayBuffers, arrayBuffers),
    };
    return this.#last;
  }

  /** Writes the latest sample and the peaks into six gauges, `process_memory_…_bytes`. */
  writeTo(registry: MetricsRegistry): void {
    const names = { rss: "rss", heapUsed: "heap_used", arrayBuffers: "array_buffers" } as const;
    for (const [field, name] of Object.entries(names) as [keyof MemoryUsage, string][]) {
      registry.gauge(`process_memory_${name}_bytes`).set(this.#last[field]);
      registry.gauge(`process_memory_${name}_peak_bytes`).set(this.#peak[field]);
    }
  }
}

function readProcessMemory(): MemoryUsage {
  if (typeof process === "undefined" || typeof process.memoryUsage !== "function") {
    throw new MillraceError(
      "METRICS_MEMORY_UNSUPPORTED",
      "memory sampler: there is no process.memoryUsage here; give readMemory, or sample only in Node",
    );
  }
  return process.memoryUsage();
}
