import { checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import type { AnalyticsSnapshot } from "./snapshot.ts";

/** What is worked out while an experiment is recorded. */
export interface AnalyticsOptions {
  /** Steps with spikes that a snapshot's raster reaches back. @default 1000 */
  readonly rasterSteps?: number;
  /** Synapses that a snapshot lists, those that changed most. @default 20 */
  readonly topSynapses?: number;
  /** Told now and then, inside of `log` and `logBlock`; what it throws comes out of them. @default undefined */
  readonly onAnalytics?: ((snapshot: AnalyticsSnapshot) => void) | undefined;
  /** Milliseconds between two calls of `onAnalytics` at the least, from 100 on. @default 1000 */
  readonly intervalMs?: number;
}

/** What {@link AnalyticsOptions} are when they are not given. */
export const DEFAULT_ANALYTICS_OPTIONS: Required<AnalyticsOptions> = Object.freeze({
  rasterSteps: 1000,
  topSynapses: 20,
  onAnalytics: undefined,
  intervalMs: 1000,
});

/** @throws InvalidArgumentError for an unknown option or a value out of its range */
export function resolveAnalyticsOptions(options: AnalyticsOptions): Required<AnalyticsOptions> {
  const filled = resolveOptions<Required<AnalyticsOptions>>("snn", DEFAULT_ANALYTICS_OPTIONS, options);
  checkInteger("snn", "analytics.rasterSteps", filled.rasterSteps, 0, 1_000_000);
  checkInteger("snn", "analytics.topSynapses", filled.topSynapses, 0, 100_000);
  checkInteger("snn", "analytics.intervalMs", filled.intervalMs, 100, 2 ** 31);
  const { onAnalytics } = filled;
  if (onAnalytics === undefined || typeof onAnalytics === "function") return filled;
  throw new InvalidArgumentError("SNN_OPTION_VALUE", "snn analytics.onAnalytics", onAnalytics, "a function");
}
