import { formatDuration } from "@millrace/base";
import { formatFacts, pathEndingIn, type VerbSpec } from "@millrace/cli";
import { atomicWrite, diskVfs } from "@millrace/files";
import { countEventsPerPixel } from "../pixel-counts.ts";
import { summarizeEvents } from "../summary.ts";
import { addInputFlags, describeViolations, type InputFlags, openInput } from "./input-flags.ts";

interface InfoFlags extends InputFlags {
  readonly plot?: string;
}

/** `info <file>`: what a recording holds. */
export const infoVerb: VerbSpec<InfoFlags> = {
  usage: "info <file>",
  summary: "shows what a recording holds",
  example: "info drive.raw --plot drive.png",
  flags: (command) =>
    addInputFlags(command).option(
      "--plot <file.png>",
      "also draw how many events each pixel has",
      pathEndingIn(".png"),
    ),
  action: async (context, [path], flags) => {
    await using recording = await openInput(path!, flags, context, "info");
    const summary = await summarizeEvents(recording.events());
    const { events, on, off, firstTimeUs, lastTimeUs, durationUs } = summary;
    const { format, triggerCount: triggers, violations } = recording;
    const width = recording.width ?? null;
    const height = recording.height ?? null;
    const violationText = describeViolations(recording);
    if (flags.plot !== undefined) {
      const { heatMapPng } = await import("@millrace/plot");
      const counts = await countEventsPerPixel(recording);
      await atomicWrite(diskVfs, flags.plot, heatMapPng(counts.values, counts.width, counts.height));
    }
    return {
      json: {
        format,
        width,
        height,
        events,
        on,
        off,
        triggers,
        firstTimeUs,
        lastTimeUs,
        durationUs,
        violations,
        ...(flags.plot === undefined ? {} : { plot: flags.plot }),
      },
      text: formatFacts([
        ["file", recording.name],
        ["format", format],
        ["geometry", width === null ? "unknown" : `${width} x ${height}`],
        ["events", events],
        ["on", on],
        ["off", off],
        ["triggers", triggers],
        ["first time", firstTimeUs === null ? undefined : `${firstTimeUs} µs`],
        ["last time", lastTimeUs === null ? undefined : `${lastTimeUs} µs`],
        ["duration", durationUs === null ? undefined : formatDuration(durationUs / 1000)],
        ["violations", violationText],
        ["plot", flags.plot],
      ]),
    };
  },
};
