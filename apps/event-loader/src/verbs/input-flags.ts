import { InvalidArgumentError, nearestName } from "@millrace/base";
import type { VerbContext, VerbSpec } from "@millrace/cli";
import { FORMAT_NAMES, type FormatName } from "../formats.ts";
import { openRecording } from "../open-recording.ts";
import { DECODE_MODES, type DecodeMode, type Geometry, type RecordingOptions } from "../options.ts";
import type { Recording } from "../recording.ts";
import { parseTextColumns, type TextColumn, TIME_UNITS, type TimeUnit } from "../text-layout.ts";

/** The flags of every verb that reads a recording. */
export interface InputFlags {
  readonly strict?: boolean;
  readonly mode?: DecodeMode;
  readonly format?: FormatName;
  readonly geometry?: Geometry;
  readonly columns?: readonly TextColumn[];
  readonly timeUnit?: TimeUnit;
  readonly topic?: string;
  readonly stream?: number;
}

/** Adds {@link InputFlags} to a verb. */
export const addInputFlags: NonNullable<VerbSpec<InputFlags>["flags"]> = (command) =>
  command
    .option("--strict", "fail on the first violation of the format instead of counting it")
    .option(
      "--format <name>",
      `read it as ${FORMAT_NAMES.join(", ").toLowerCase()}, whatever it looks like`,
      oneOf("format", FORMAT_NAMES),
    )
    .option(
      "--mode <mode>",
      "how EVT formats are read: raw, every event, or sdk, as the vendor's library does",
      oneOf("mode", DECODE_MODES),
    )
    .option("--geometry <WxH>", "the sensor's size, such as 1280x720", parseGeometry)
    .option("--columns <list>", "the columns of a text file, such as t,x,y,p; - skips one", parseTextColumns)
    .option(
      "--time-unit <unit>",
      "the unit of times in a text file: s, ms, us or ns",
      oneOf("time unit", TIME_UNITS),
    )
    .option("--topic <name>", "the topic with the events, of a ROS bag that has several")
    .option("--stream <n>", "the stream with the events, of an AEDAT 4 file that has several", parseStream);

/** Opens the recording that a command line names, with a bar on stderr while it is read. */
export async function openInput(
  path: string,
  flags: InputFlags,
  context: VerbContext,
  label: string,
): Promise<Recording> {
  const recording = await openRecording(path, inputOptions(flags, context, label));
  if (recording.metadata.timePrecision === "float32") {
    context.note(
      `${path}: its times have 32 bits: beyond 16 s they tell milliseconds apart, and no shorter time`,
    );
  }
  return recording;
}

/** How flags say that a recording is read, with a bar on stderr meanwhile. */
export function inputOptions(flags: InputFlags, context: VerbContext, label: string): RecordingOptions {
  const bar = context.progress(label);
  return {
    isStrict: flags.strict === true,
    ...(flags.mode === undefined ? {} : { mode: flags.mode }),
    format: flags.format,
    geometry: flags.geometry,
    columns: flags.columns,
    timeUnit: flags.timeUnit,
    topic: flags.topic,
    stream: flags.stream,
    signal: context.signal,
    onProgress: (report) => bar.update(report),
  };
}

/** Violations as a fact for people: "missingRow 3, truncatedWord 1", or "none". */
export function describeViolations(recording: Recording): string {
  const counts = Object.entries(recording.violations);
  return counts.length === 0 ? "none" : counts.map(([kind, count]) => `${kind} ${count}`).join(", ");
}

/** Says on stderr what was wrong in the data: results that leave something out do not do so in silence. */
export function noteViolations(recording: Recording, context: VerbContext): void {
  const violations = describeViolations(recording);
  if (violations === "none") return;
  context.note(
    `${recording.name}: violations of the format: ${violations}; --strict makes the first an error`,
  );
}

/** A flag that takes one of some names, in any case. */
export function oneOf<T extends string>(what: string, names: readonly T[]): (text: string) => T {
  return (text) => {
    const found = names.find((name) => name.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return found;
    const near = nearestName(text, names);
    const expected = near === undefined ? `one of ${names.join(", ")}` : `"${near}", perhaps`;
    throw new InvalidArgumentError("EVENTS_OPTION_VALUE", what, text, expected);
  };
}

function parseStream(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("EVENTS_OPTION_VALUE", "stream", text, "the number of a stream, such as 0");
}

/** A flag with columns and rows: "1280x720". @throws InvalidArgumentError */
export function parseGeometry(text: string): Geometry {
  const match = /^(\d{1,5})x(\d{1,5})$/i.exec(text.trim());
  const geometry = { width: Number(match?.[1]), height: Number(match?.[2]) };
  if (geometry.width >= 1 && geometry.height >= 1) return geometry;
  throw new InvalidArgumentError(
    "EVENTS_GEOMETRY_INVALID",
    "geometry",
    text,
    'columns and rows such as "1280x720"',
  );
}
