import { formatByteSize, formatDuration } from "@millrace/base";
import { byteSize, formatFacts, formatRate, formatTable, type VerbSpec } from "@millrace/cli";
import { availableMemoryBytes } from "@millrace/stream";
import { addInputFlags, type InputFlags, inputOptions, openInput } from "./input-flags.ts";

interface Flags extends InputFlags {
  readonly memoryLimit?: number;
}

/** `profile <file>`: direct and streamed loading compared, and settings recommended. */
export const profileVerb: VerbSpec<Flags> = {
  usage: "profile <file>",
  summary: "compares direct and streamed loading over sizes of chunks, shows memory, recommends settings",
  example: "profile drive.raw --memory-limit 2GiB",
  flags: (command) =>
    addInputFlags(command).option(
      "--memory-limit <size>",
      "most memory of a load: a quarter of what is free",
      byteSize,
    ),
  action: async (context, [path], flags) => {
    await using recording = await openInput(path!, flags, context, "profile");
    const { format, size: bytes } = recording;
    const { profileLoad, recommendLoad } = await import("../measure/profile-load.ts");
    const { textBars } = await import("@millrace/plot");
    const memoryLimit = flags.memoryLimit ?? Math.floor(availableMemoryBytes() / 4);
    const profiles = await profileLoad(path!, { ...inputOptions(flags, context, "profile"), memoryLimit });
    const recommended = recommendLoad(profiles, memoryLimit);
    const charts = (["direct", "streamed"] as const).flatMap((mode) => {
      const { memory, peakBytes, seconds } = profiles.findLast((profile) => profile.mode === mode)!;
      const heading = `memory, ${mode}: up to ${formatByteSize(peakBytes)} in ${formatDuration(1000 * seconds)}`;
      return ["", heading, ...textBars(memory, { rows: 4 })];
    });
    return {
      json: { input: path, format, bytes, events: profiles[0]!.events, profiles, recommended },
      text: [
        formatTable(
          ["mode", "chunk size", "seconds", "speed", "peak memory"],
          profiles.map(({ mode, chunkSize, seconds, eventsPerSecond, peakBytes }) => [
            mode,
            chunkSize,
            seconds,
            formatRate(eventsPerSecond, "events"),
            formatByteSize(peakBytes),
          ]),
        ),
        ...charts,
        "",
        formatFacts([
          ["recommended", recommended.reason],
          ["streamingThreshold", recommended.streamingThreshold],
          ["chunkSize", recommended.chunkSize],
          ["memoryLimit", formatByteSize(recommended.memoryLimit)],
        ]),
      ].join("\n"),
    };
  },
};
