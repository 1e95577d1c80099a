import { formatByteSize, formatDuration } from "@millrace/base";
import type { ProgressReport } from "@millrace/stream";
import cliProgress from "cli-progress";

/** What a bar shows of the reports that `Progress` of `@millrace/stream` makes. */
export type BarReport = Pick<ProgressReport, "bytes" | "totalBytes" | "bytesPerSecond" | "secondsLeft">;

/** Draws progress on stderr. */
export interface ProgressBar {
  update(report: BarReport): void;
  /** Removes the bar; call it also when the work failed. */
  stop(): void;
}

/**
 * A bar on stderr while stderr is a terminal, and nothing anywhere else: logs and pipes stay clean.
 * @param label - what is being done: "convert"
 */
export function newProgressBar(label: string, isShown: boolean = process.stderr.isTTY === true): ProgressBar {
  if (!isShown) return { update: () => {}, stop: () => {} };
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {percentage}% {done} {rate} {left}`,
    clearOnComplete: true,
    hideCursor: true,
    stream: process.stderr,
  });
  let isStarted = false;
  return {
    update: (report) => {
      const payload = {
        done: formatByteSize(report.bytes),
        rate: `${formatByteSize(report.bytesPerSecond)}/s`,
        left: report.secondsLeft === null ? "" : `${formatDuration(report.secondsLeft * 1000)} left`,
      };
      if (isStarted) {
        bar.update(report.bytes, payload);
        return;
      }
      isStarted = true;
      bar.start(report.totalBytes ?? report.bytes, report.bytes, payload);
    },
    stop: () => {
      if (isStarted) bar.stop();
      isStarted = false;
    },
  };
}
