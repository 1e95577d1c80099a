import { InvalidArgumentError, resolveOptions } from "@millrace/base";
import { Counter } from "./counter.ts";
import { Gauge } from "./gauge.ts";
import { Histogram } from "./histogram.ts";
import type { MetricHead, MetricSnapshot, MetricsSnapshot } from "./snapshot.ts";
import { type MonotonicClock, Timer } from "./timer.ts";

/** What a metric may say of itself beside its name. */
export interface MetricOptions {
  /** One sentence for people. @default "" */
  readonly help?: string;
  /** Fixed labels; the same name with other labels is another metric of one family. @default {} */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a metric has where nothing is given. */
export const DEFAULT_METRIC_OPTIONS: Required<MetricOptions> = Object.freeze({
  help: "",
  labels: Object.freeze({}),
});

/** Quantiles a snapshot gives of each histogram. */
export const SNAPSHOT_QUANTILES: readonly number[] = Object.freeze([0.5, 0.9, 0.99, 0.999]);

type Instrument = Counter | Gauge | Histogram | Timer;
type InstrumentKind = "counter" | "gauge" | "histogram" | "timer";

interface Registered {
  readonly kind: InstrumentKind;
  readonly head: MetricHead;
  readonly instrument: Instrument;
}

/**
 * Metrics by name and labels, and their snapshot.
 *
 * Names and labels follow Prometheus. Asking for a metric again gives the same one, so that a caller need not keep
 * it; hot code should, for the look-up joins strings.
 *
 * @example
 * const metrics = new MetricsRegistry();
 * metrics.counter("rows_total", { help: "Rows written." }).add(1000);
 * metrics.snapshot(); // { metrics: [{ kind: "counter", name: "rows_total", value: 1000, … }] }
 */
export class MetricsRegistry {
  readonly #byKey = new Map<string, Registered>();
  readonly #families = new Map<string, { readonly kind: InstrumentKind; readonly help: string }>();
  readonly #nowMs: MonotonicClock | undefined;

  /** @param nowMs - the clock of its timers. @default performance.now */
  constructor(nowMs?: MonotonicClock) {
    this.#nowMs = nowMs;
  }

  /** The counter of that name and labels. @throws InvalidArgumentError for a bad name or a name of another kind */
  counter(name: string, options?: MetricOptions): Counter {
    return this.#resolve("counter", name, options, () => new Counter());
  }

  /** The gauge of that name and labels. @throws as `counter` */
  gauge(name: string, options?: MetricOptions): Gauge {
    return this.#resolve("gauge", name, options, () => new Gauge());
  }

  /** The histogram of that name and labels. @throws as `counter` */
  histogram(name: string, options?: MetricOptions): Histogram {
    return this.#resolve("histogram", name, options, () => new Histogram());
  }

  /** The timer of that name (which should end in `_seconds`) and labels. @throws as `counter` */
  timer(name: string, options?: MetricOptions): Timer {
    return this.#resolve("timer", name, options, () => new Timer(this.#nowMs));
  }

  /** Every metric now, in the order of first use, those of one name together. */
  snapshot(): MetricsSnapshot {
    const metrics: MetricSnapshot[] = [];
    for (const name of this.#families.keys()) {
      for (const { head, instrument } of this.#byKey.values()) {
        if (head.name === name) metrics.push(snapshotOf(head, instrument));
      }
    }
    return { metrics };
  }

  #resolve<T extends Instrument>(
    kind: InstrumentKind,
    name: string,
    given: MetricOptions = {},
    make: () => T,
  ): T {
    const options = resolveOptions("metrics", DEFAULT_METRIC_OPTIONS, given);
    const key = metricKey(name, options.labels);
    const known = this.#byKey.get(key);
    const family = this.#families.get(name);
    if (family !== undefined && family.kind !== kind) {
      throw new InvalidArgumentError(
        "METRICS_NAME_KIND",
        `metric ${name}`,
        kind,
        `${family.kind}, as which it is registered; take another name`,
      );
    }
    // The family's kind was checked, and every instrument of a family was made for that kind.
    if (known !== undefined) return known.instrument as T;
    checkNames(name, options.labels);
    const help = family?.help ?? options.help;
    const instrument = make();
    if (family === undefined) this.#families.set(name, { kind, help });
    this.#byKey.set(key, { kind, head: { name, help, labels: { ...options.labels } }, instrument });
    return instrument;
  }
}

function metricKey(name: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** The data model of Prometheus: https://prometheus.io/docs/concepts/data_model/ */
function checkNames(name: string, labels: Readonly<Record<string, string>>): void {
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) {
    throw new InvalidArgumentError(
      "METRICS_NAME_SYNTAX",
      "metric name",
      name,
      "letters, digits, _ and :, no digit first",
    );
  }
  for (const label of Object.keys(labels)) {
    if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) && !label.startsWith("__") && label !== "quantile") continue;
    throw new InvalidArgumentError(
      "METRICS_LABEL_SYNTAX",
      `label of metric ${name}`,
      label,
      'letters, digits and _, no digit or __ first, and not "quantile", which summaries use',
    );
  }
}

function snapshotOf(head: MetricHead, instrument: Instrument): MetricSnapshot {
  if (instrument instanceof Counter) return { kind: "counter", ...head, value: instrument.value };
  if (instrument instanceof Gauge) return { kind: "gauge", ...head, value: instrument.value };
  const histogram = instrument instanceof Timer ? instrument.seconds : instrument;
  const quantiles = SNAPSHOT_QUANTILES.flatMap((quantile) => {
    const value = histogram.quantile(quantile);
    return value === null ? [] : [{ quantile, value }];
  });
  const { count, sum, min, max } = histogram;
  return { kind: "histogram", ...head, count, sum, min, max, quantiles, buckets: histogram.buckets() };
}
