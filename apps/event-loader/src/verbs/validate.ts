import { formatCount, formatFacts, type VerbSpec } from "@millrace/cli";
import { validateRecording } from "../validate.ts";
import { addInputFlags, type InputFlags, openInput } from "./input-flags.ts";

/** `validate <file>`: everything that is wrong in a recording, by kind. */
export const validateVerb: VerbSpec<InputFlags> = {
  usage: "validate <file>",
  summary: "lists what is wrong in a recording, by kind; exit 1 when something is",
  example: "validate drive.raw",
  flags: addInputFlags,
  action: async (context, [input], flags) => {
    await using recording = await openInput(input!, flags, context, "validate");
    const { events, findings, mostBackUs } = await validateRecording(recording);
    const { format } = recording;
    const facts = formatFacts([
      ["file", input],
      ["format", format],
      ["events", events],
      ["findings", findings.length === 0 ? "none" : findings.length],
    ]);
    const lines = findings.map(({ kind, count, meaning }) => `${formatCount(count)} ${kind}: ${meaning}`);
    return {
      json: { input, format, events, mostBackUs, findings },
      text: lines.length === 0 ? facts : `${facts}\n\n${lines.join("\n")}`,
      isFailure: findings.length > 0,
    };
  },
};
