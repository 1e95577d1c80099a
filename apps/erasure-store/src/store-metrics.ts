import { type Counter, MetricsRegistry, type MetricsSnapshot } from "@millrace/metrics";

/** The parts of a put or get that take time. */
export const STAGES = ["read", "compress", "encrypt", "code", "hash", "write", "clean-up"] as const;

/** One of {@link STAGES}. */
export type Stage = (typeof STAGES)[number];

/** What a store counts since it was opened. */
export class StoreMetrics {
  readonly registry: MetricsRegistry = new MetricsRegistry();
  readonly #stages = new Map<Stage, Counter>();
  readonly #gauges: ((registry: MetricsRegistry) => void)[] = [];

  /** Adds time that a stage took, as seen from the calling thread; stages overlap. */
  addStage(stage: Stage, milliseconds: number): void {
    let counter = this.#stages.get(stage);
    if (counter === undefined) {
      const options = { help: "Time by stage.", labels: { stage } };
      counter = this.registry.counter("store_stage_seconds_total", options);
      this.#stages.set(stage, counter);
    }
    counter.add(milliseconds / 1000);
  }

  /** Measures one call as a stage. */
  async measure<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    try {
      return await work();
    } finally {
      this.addStage(stage, performance.now() - startMs);
    }
  }

  /** Counts a finished operation. */
  addOperation(operation: "put" | "get", bytes: number, milliseconds: number): void {
    const labels = { operation, size: sizeClass(bytes) };
    this.registry.counter("store_operations_total", { help: "Finished operations.", labels }).add();
    this.registry.counter("store_bytes_total", { help: "Bytes of objects.", labels }).add(bytes);
    this.registry
      .counter("store_seconds_total", { help: "Time of finished operations.", labels })
      .add(milliseconds / 1000);
  }

  /** Adds a source of gauges, which is asked at each snapshot. */
  addGauges(write: (registry: MetricsRegistry) => void): void {
    this.#gauges.push(write);
  }

  snapshot(): MetricsSnapshot {
    for (const write of this.#gauges) write(this.registry);
    return this.registry.snapshot();
  }
}

/** Classes of sizes whose throughput is worth telling apart. */
function sizeClass(bytes: number): string {
  if (bytes < 64 * 1024) return "below 64 KiB";
  if (bytes < 16 * 1024 * 1024) return "64 KiB to 16 MiB";
  return "16 MiB and more";
}
