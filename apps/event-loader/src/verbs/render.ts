import { formatByteSize } from "@millrace/base";
import { checkOutputPath, formatFacts, integerBetween, numberBetween, type VerbSpec } from "@millrace/cli";
import type { ColourMapName } from "@millrace/plot";
import type { RenderDecay } from "../render/event-painter.ts";
import { microseconds } from "./filter-flags.ts";
import { addInputFlags, type InputFlags, noteViolations, oneOf, openInput } from "./input-flags.ts";

interface Flags extends InputFlags {
  readonly fps?: number;
  readonly speed?: number;
  readonly accumulation?: number;
  readonly decay?: RenderDecay;
  readonly colours?: ColourMapName;
  readonly scale?: number;
  readonly timeCode?: boolean;
  readonly from?: number;
  readonly until?: number;
}

const COLOURS: readonly ColourMapName[] = [
  "blue-red-dark",
  "blue-red",
  "viridis",
  "inferno",
  "magma",
  "plasma",
  "grey",
];

/** `render <in> <out>`: a recording as an image or a film. */
export const renderVerb: VerbSpec<Flags> = {
  usage: "render <in> <out>",
  summary: "draws a recording: .png, .apng or .gif, or .mp4 where ffmpeg is installed",
  example: "render drive.raw drive.gif --speed 0.1 --decay exponential --time-code",
  flags: (command) =>
    addInputFlags(command)
      .option("--fps <n>", "frames in a second of the film: 25", numberBetween(0.001, 1000))
      .option("--speed <factor>", "0.1 is ten times slower than it was", numberBetween(1e-9, 1e9))
      .option("--accumulation <time>", "how long an event is seen: one frame, or 5ms", microseconds)
      .option(
        "--decay <kind>",
        "how it fades: none, linear, exponential",
        oneOf("decay", ["none", "linear", "exponential"]),
      )
      .option("--colours <map>", COLOURS.join(", "), oneOf("colours", COLOURS))
      .option("--scale <n>", "pixels of the image for a pixel of the sensor: 1", integerBetween(1, 16))
      .option("--time-code", "draw the time into each frame")
      .option("--from <time>", "events from this time on", microseconds)
      .option("--until <time>", "events before this time", microseconds),
  action: async (context, [input, output], flags) => {
    checkOutputPath(output!, input!);
    await using recording = await openInput(input!, flags, context, "render");
    const { renderRecording } = await import("../render/render-recording.ts");
    const { timeCode, accumulation, fps, speed, decay, colours, scale, from, until } = flags;
    const made = await renderRecording(recording, output!, {
      ...Object.fromEntries(
        Object.entries({ fps, speed, decay, colours, scale }).filter(([, value]) => value !== undefined),
      ),
      accumulationUs: accumulation,
      hasTimeCode: timeCode === true,
      from,
      until,
      signal: context.signal,
    });
    noteViolations(recording, context);
    const { frames, width, height, bytes } = made;
    return {
      json: { input, output, format: recording.format, frames, width, height, bytes },
      text: formatFacts([
        ["input", input],
        ["output", output],
        ["frames", frames],
        ["image", `${width} x ${height}`],
        ["size", formatByteSize(bytes)],
      ]),
    };
  },
};
