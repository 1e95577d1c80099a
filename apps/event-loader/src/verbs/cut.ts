import { formatByteSize, InvalidArgumentError } from "@millrace/base";
import type { VerbSpec } from "@millrace/cli";
import { microseconds } from "./filter-flags.ts";
import { addInputFlags, type InputFlags, noteViolations, openInput } from "./input-flags.ts";
import { addOutputFlags, checkOutput, type OutputFlags, tellOutput } from "./output-flags.ts";
import { parseWhole } from "./parse-whole.ts";

interface CutFlags extends InputFlags, OutputFlags {
  readonly from?: number;
  readonly until?: number;
  readonly skip?: number;
  readonly count?: number;
}

/** `cut <in> <out>`: a part of a recording, by time or by numbers of events. */
export const cutVerb: VerbSpec<CutFlags> = {
  usage: "cut <in> <out>",
  summary: "writes a part of a recording, by time or by numbers of events",
  example: "cut drive.raw part.raw --from 1s --until 2s",
  flags: (command) =>
    addOutputFlags(addInputFlags(command))
      .option(
        "--from <time>",
        "events from this time on: 250ms, 1.5s; counted as in the recording",
        microseconds,
      )
      .option("--until <time>", "events before this time", microseconds)
      .option(
        "--skip <n>",
        "pass over so many of these events",
        parseWhole("skip", 0, Number.MAX_SAFE_INTEGER),
      )
      .option(
        "--count <n>",
        "write so many of them at the most",
        parseWhole("count", 1, Number.MAX_SAFE_INTEGER),
      ),
  action: async (context, [input, output], flags) => {
    const { from, until, skip = 0, count = Number.POSITIVE_INFINITY, to } = flags;
    if ((from ?? until ?? flags.skip ?? flags.count) === undefined) {
      const expected = "--from, --until, --skip or --count; convert writes all of it";
      throw new InvalidArgumentError("EVENTS_CUT_NOWHERE", "part to cut", undefined, expected);
    }
    checkOutput(output!, context, input!);
    await using recording = await openInput(input!, flags, context, "cut");
    const { convertRecording } = await import("../convert.ts");
    const query = { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) };
    const { events, bytes } = await convertRecording(recording, output!, { to, query, skip, count });
    noteViolations(recording, context);
    return tellOutput(output!, { input, output, format: recording.format, events, bytes }, [
      ["input", input],
      ["output", output],
      ["events", events],
      ["size", formatByteSize(bytes)],
    ]);
  },
};
