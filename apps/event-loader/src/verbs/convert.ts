import { formatByteSize } from "@millrace/base";
import { formatCount, type VerbSpec } from "@millrace/cli";
import { addInputFlags, type InputFlags, noteViolations, openInput } from "./input-flags.ts";
import { addOutputFlags, checkOutput, type OutputFlags, tellOutput } from "./output-flags.ts";

interface ConvertFlags extends InputFlags, OutputFlags {}

/** `convert <in> <out>`: a recording in another format, by the ending of the output or by name. */
export const convertVerb: VerbSpec<ConvertFlags> = {
  usage: "convert <in> <out>",
  summary: "writes a recording in another format, by the ending of the output or by name",
  example: "convert drive.raw drive.parquet",
  flags: (command) => addOutputFlags(addInputFlags(command)),
  action: async (context, [input, output], flags) => {
    const startMs = performance.now();
    checkOutput(output!, context);
    await using recording = await openInput(input!, flags, context, "convert");
    // Arrow and Parquet take a while to load: only whoever converts waits for them.
    const { convertRecording } = await import("../convert.ts");
    const { events, bytes } = await convertRecording(recording, output!, { to: flags.to });
    noteViolations(recording, context);
    const seconds = (performance.now() - startMs) / 1000;
    const eventsPerSecond = seconds > 0 ? Math.round(events / seconds) : 0;
    const { format } = recording;
    return tellOutput(output!, { input, output, format, events, bytes, seconds, eventsPerSecond }, [
      ["input", input],
      ["output", output],
      ["format", format],
      ["events", events],
      ["size", formatByteSize(bytes)],
      ["speed", `${formatCount(eventsPerSecond)} events/s`],
    ]);
  },
};
