import { formatFacts, type VerbSpec } from "@millrace/cli";
import { digestEvents } from "../digest.ts";
import { addInputFlags, type InputFlags, noteViolations, openInput } from "./input-flags.ts";

/** `digest <file>`: the canonical digest of a recording's events, the same for the same events in any format. */
export const digestVerb: VerbSpec<InputFlags> = {
  usage: "digest <file>",
  summary: "prints the digest of a recording's events, whatever its format",
  example: "digest drive.raw",
  flags: addInputFlags,
  action: async (context, [path], flags) => {
    await using recording = await openInput(path!, flags, context, "digest");
    const { events, digest } = await digestEvents(recording.events());
    noteViolations(recording, context);
    const { format } = recording;
    return {
      json: { format, events, digest },
      text: formatFacts([
        ["format", format],
        ["events", events],
        ["digest", digest],
      ]),
    };
  },
};
