import { formatByteSize, formatDuration } from "@millrace/base";
import { formatAmount, formatFacts, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { toPrometheusText } from "@millrace/metrics";
import { reportStats } from "../stats.ts";
import { readStats } from "../stats-file.ts";
import { type ConfigFlag, configFlag, openFromFlags } from "./shared.ts";

interface StatsFlags extends ConfigFlag {
  readonly prometheus?: boolean;
}

/** `stats`: what puts and gets of this configuration have counted, and what to do about it. */
export const statsVerb: VerbSpec<StatsFlags> = {
  usage: "stats",
  summary: "tells how fast puts and gets were, where their time went, and what would make them faster",
  example: "stats --config store.yaml",
  flags: (command) => configFlag(command).option("--prometheus", "as text for Prometheus"),
  action: async (_context, _args, flags) => {
    // A configuration that is none is an error, as for every verb.
    await openFromFlags(flags);
    const found = await readStats(diskVfs, flags.config);
    const { sinceMs } = found;
    const report = reportStats(found);
    const text =
      flags.prometheus === true
        ? toPrometheusText(found)
        : formatFacts([
            ["since", new Date(sinceMs).toISOString()],
            ...report.operations.map(
              ({ operation, size, count, bytes, bytesPerSecond }): [string, string] => [
                `${operation}, ${size}`,
                `${formatAmount(count, "object")}, ${formatByteSize(bytes)}, ${formatByteSize(bytesPerSecond)}/s`,
              ],
            ),
            ...report.stages.map(({ stage, seconds, part }): [string, string] => [
              stage,
              `${formatDuration(seconds * 1000)}, ${Math.round(part * 100)} %`,
            ]),
            [
              "stages at a time",
              `${report.concurrency.toFixed(1)} of ${report.idealConcurrency.toFixed(1)} that could be`,
            ],
            ["memory of stripes", formatByteSize(report.stripesPeakBytes)],
            ["memory of the process", formatByteSize(report.processPeakBytes)],
            ["temporary files", formatByteSize(report.temporaryPeakBytes)],
            ...report.recommendations.map((line): [string, string] => ["advice", line]),
          ]);
    return { json: { sinceMs, ...report }, text };
  },
};
