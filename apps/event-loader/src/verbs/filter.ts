import { formatByteSize } from "@millrace/base";
import { formatFacts, type VerbSpec } from "@millrace/cli";
import { OUTPUT_FORMATS } from "../encoders/output-formats.ts";
import type { EventFilter } from "../filters/event-filter.ts";
import { addFilterFlags, type FilterFlags, filtersOf } from "./filter-flags.ts";
import { noteViolations, oneOf, openInput } from "./input-flags.ts";

interface Flags extends FilterFlags {
  readonly to?: string;
}

/** `filter <in> <out>`: some of a recording's events, moved or not, in any format that is written. */
export const filterVerb: VerbSpec<Flags> = {
  usage: "filter <in> <out>",
  summary: "writes some of a recording's events: a time window, regions, without noise, turned",
  example: "filter drive.raw quiet.raw --from 1s --until 2s --background 5ms",
  flags: (command) =>
    addFilterFlags(command).option(
      "--to <format>",
      `the format of the output, whatever its ending: ${OUTPUT_FORMATS.join(", ").toLowerCase()}`,
      oneOf("output format", OUTPUT_FORMATS),
    ),
  action: async (context, [input, output], flags) => {
    await using recording = await openInput(input!, flags, context, "filter");
    const { convertRecording } = await import("../convert.ts");
    let read = 0;
    const counter: EventFilter = {
      apply({ rowCount }) {
        read += rowCount;
      },
    };
    const filters = [counter, ...filtersOf(flags, recording)];
    const { events, bytes } = await convertRecording(recording, output!, { to: flags.to, filters });
    noteViolations(recording, context);
    return {
      json: { input, output, format: recording.format, read, events, bytes },
      text: formatFacts([
        ["input", input],
        ["output", output],
        ["events read", read],
        ["events kept", events],
        ["size", formatByteSize(bytes)],
      ]),
    };
  },
};
