import { formatByteSize } from "@millrace/base";
import type { VerbSpec } from "@millrace/cli";
import type { EventFilter } from "../filters/event-filter.ts";
import { addFilterFlags, type FilterFlags, filtersOf } from "./filter-flags.ts";
import { noteViolations, openInput } from "./input-flags.ts";
import { addOutputFlags, checkOutput, type OutputFlags, tellOutput } from "./output-flags.ts";

interface Flags extends FilterFlags, OutputFlags {}

/** `filter <in> <out>`: some of a recording's events, moved or not, in any format that is written. */
export const filterVerb: VerbSpec<Flags> = {
  usage: "filter <in> <out>",
  summary: "writes some of a recording's events: a time window, regions, without noise, turned",
  example: "filter drive.raw quiet.raw --from 1s --until 2s --background 5ms",
  flags: (command) => addOutputFlags(addFilterFlags(command)),
  action: async (context, [input, output], flags) => {
    checkOutput(output!, context, input!);
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
    if (events === 0 && read > 0)
      context.note(`${recording.name}: no event passed; \`info\` says when its events are`);
    return tellOutput(output!, { input, output, format: recording.format, read, events, bytes }, [
      ["input", input],
      ["output", output],
      ["events read", read],
      ["events kept", events],
      ["size", formatByteSize(bytes)],
    ]);
  },
};
