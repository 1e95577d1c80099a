import { formatByteSize } from "@millrace/base";
import { formatFacts, formatRate, formatTable, integerBetween, type VerbSpec } from "@millrace/cli";
import { addInputFlags, type InputFlags, inputOptions, openInput } from "./input-flags.ts";

interface Flags extends InputFlags {
  readonly runs: number;
}

/** `bench <file>`: how fast a recording is decoded, loaded, filtered and drawn on this machine. */
export const benchVerb: VerbSpec<Flags> = {
  usage: "bench <file>",
  summary: "measures decoding, loading, filters and representations on a recording",
  example: "bench drive.raw --runs 5",
  flags: (command) =>
    addInputFlags(command).option("--runs <n>", "the best of so many runs", integerBetween(1, 1000), 3),
  action: async (context, [path], flags) => {
    await using recording = await openInput(path!, flags, context, "bench");
    const { format, size: bytes } = recording;
    const { benchRecording } = await import("../measure/bench-recording.ts");
    const { events, cases } = await benchRecording(path!, inputOptions(flags, context, "bench"), flags.runs);
    return {
      json: { input: path, format, bytes, events, runs: flags.runs, cases },
      text: [
        formatFacts([
          ["input", path],
          ["format", format],
          ["size", formatByteSize(bytes)],
          ["events", events],
        ]),
        "",
        formatTable(
          ["work", "seconds", "speed"],
          cases.map(({ name, seconds, eventsPerSecond }) => [
            name,
            seconds,
            formatRate(eventsPerSecond, "events"),
          ]),
        ),
      ].join("\n"),
    };
  },
};
