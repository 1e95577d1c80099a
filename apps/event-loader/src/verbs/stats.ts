import { formatDuration } from "@millrace/base";
import {
  formatCount,
  formatFacts,
  formatRate,
  formatTable,
  pathEndingIn,
  type VerbSpec,
} from "@millrace/cli";
import { atomicWrite, diskVfs } from "@millrace/files";
import { findSize } from "../recording-size.ts";
import { describeEvents, type EventStatistics } from "../statistics/event-statistics.ts";
import { addInputFlags, type InputFlags, noteViolations, openInput } from "./input-flags.ts";

interface Flags extends InputFlags {
  readonly plot?: string;
}

/** `stats <file>`: rate over time, times between events, events of pixels. */
export const statsVerb: VerbSpec<Flags> = {
  usage: "stats <file>",
  summary: "draws the rate over time and how many events pixels have",
  example: "stats drive.raw --plot drive.svg",
  flags: (command) =>
    addInputFlags(command).option(
      "--plot <file.svg>",
      "also draw it, with a map of the pixels, as an SVG",
      pathEndingIn(".svg"),
    ),
  action: async (context, [path], flags) => {
    await using recording = await openInput(path!, flags, context, "stats");
    const { width, height } = await findSize(recording);
    const found = await describeEvents(recording.events(), { width, height });
    noteViolations(recording, context);
    if (flags.plot !== undefined) {
      const svg = await drawStatistics(found, width, height);
      await atomicWrite(diskVfs, flags.plot, new TextEncoder().encode(svg));
    }
    const { counts: _counts, ...facts } = found;
    const plot = flags.plot === undefined ? {} : { plot: flags.plot };
    return {
      json: { format: recording.format, width, height, ...facts, ...plot },
      text: await describe(found),
    };
  },
};

async function describe(found: EventStatistics): Promise<string> {
  const { textBars } = await import("@millrace/plot");
  const { events, on, rate, gaps, pixels, firstTimeUs, lastTimeUs } = found;
  const duration = (lastTimeUs ?? 0) - (firstTimeUs ?? 0);
  const perBin = rate.counts.map((count) => (count / rate.binUs) * 1e6);
  const most = perBin.reduce((a, b) => Math.max(a, b), 0);
  const lines = [
    formatFacts([
      ["events", events],
      ["duration", formatDuration(duration / 1000)],
      ["rate", formatRate(found.eventsPerSecond, "events")],
      ["highest rate", formatRate(most, "events")],
      ["brighter", events === 0 ? undefined : `${((100 * on) / events).toFixed(1)} %`],
      ["mean gap", gaps.meanUs === null ? undefined : `${formatCount(gaps.meanUs)} µs`],
      ["largest gap", gaps.maxUs === null ? undefined : `${formatCount(gaps.maxUs)} µs`],
      ["steps back", gaps.backwards],
      ["active pixels", `${formatCount(pixels.active)} of ${formatCount(pixels.total)}`],
      ["events of a pixel", `median ${formatCount(pixels.median)}, most ${formatCount(pixels.max)}`],
    ]),
    "",
    `events/s over ${formatDuration((rate.binUs * rate.counts.length) / 1000)}, up to ${formatRate(most, "events")}`,
    ...textBars(perBin),
    "",
    "pixels by their events",
    ...pixelBars(pixels.histogram),
  ];
  if (pixels.hottest.length > 0) {
    const rows = pixels.hottest.slice(0, 5).map(({ x, y, events: count }) => [x, y, count]);
    lines.push("", formatTable(["x", "y", "events of the hottest pixels"], rows));
  }
  return lines.join("\n");
}

/** One line for each power of two: its bounds, a bar, the pixels. */
function pixelBars(histogram: readonly number[]): string[] {
  const most = histogram.reduce((a, b) => Math.max(a, b), 1);
  return histogram.map((count, k) => {
    const label = k < 2 ? String(k) : `${2 ** (k - 1)}-${2 ** k - 1}`;
    const bar = "█".repeat(Math.round((40 * count) / most));
    return `${label.padStart(17)}  ${bar}${bar === "" ? "" : " "}${formatCount(count)}`;
  });
}

async function drawStatistics(found: EventStatistics, width: number, height: number): Promise<string> {
  const { heatMapSvg, histogramSvg, stackSvg } = await import("@millrace/plot");
  const { startUs, binUs, counts } = found.rate;
  const seconds = Array.from({ length: counts.length + 1 }, (_, i) => (startUs + i * binUs) / 1e6);
  const perSecond = counts.map((count) => (count / binUs) * 1e6);
  const powers = found.pixels.histogram.map((_, k) => k - 1);
  return stackSvg([
    histogramSvg(perSecond, seconds, { title: "Rate", xLabel: "time (s)", yLabel: "events/s" }),
    histogramSvg(found.pixels.histogram, [...powers, powers.length - 1], {
      title: "Events of pixels",
      xLabel: "log2 of events; below 0: none",
      yLabel: "pixels",
    }),
    heatMapSvg(Float32Array.from(found.counts, Math.log1p), width, height, {
      title: "Where",
      xLabel: "column",
      yLabel: "row",
      valueLabel: "log(1 + events)",
    }),
  ]);
}
