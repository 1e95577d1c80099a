import { formatByteSize, InvalidArgumentError } from "@millrace/base";
import { formatFacts, integerBetween, numberBetween, type VerbContext, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { Progress, throwIfAborted } from "@millrace/stream";
import { OUTPUT_FORMATS } from "../encoders/output-formats.ts";
import type { EventChunk } from "../event-rows.ts";
import type { Geometry } from "../options.ts";
import { SCENE_NAMES, type SceneName, sceneFrames } from "../simulator/scene-frames.ts";
import { type SimulatorFrame, type SimulatorOptions, simulateEvents } from "../simulator/simulate-events.ts";
import { syntheticScene } from "../simulator/synthetic-scene.ts";
import { microseconds } from "./filter-flags.ts";
import { oneOf, parseGeometry } from "./input-flags.ts";

interface Flags {
  readonly geometry?: Geometry;
  readonly fps: number;
  readonly duration: number;
  readonly onThreshold?: number;
  readonly offThreshold?: number;
  readonly refractory?: number;
  readonly noise?: number;
  readonly leak?: number;
  readonly seed: number;
  readonly events: number;
  readonly rate: number;
  readonly to?: string;
}

/** What a recording is made from. */
interface Made {
  readonly size: Geometry;
  readonly chunks: AsyncIterable<EventChunk>;
}

/** `simulate <in> <out>`: events of pictures, or of a scene that is drawn by a formula. */
export const simulateVerb: VerbSpec<Flags> = {
  usage: "simulate <in> <out>",
  summary: `makes a recording of a folder of PNG files, or of a scene: ${SCENE_NAMES.join(", ")}, or edges`,
  example: "simulate grating grating.raw --geometry 320x240 --duration 1s",
  flags: (command) =>
    command
      .option("--geometry <WxH>", "the sensor's size of a scene: 320x240; edges: 1280x720", parseGeometry)
      .option("--fps <n>", "pictures a second", numberBetween(0.001, 1e6), 1000)
      .option("--duration <time>", "how long a scene is", microseconds, 1e6)
      .option("--on-threshold <c>", "rise of the logarithm for an event: 0.2", numberBetween(1e-6, 100))
      .option("--off-threshold <c>", "fall of the logarithm for an event: 0.2", numberBetween(1e-6, 100))
      .option("--refractory <time>", "a dead time of each pixel behind an event", microseconds)
      .option("--noise <hz>", "random events of each pixel a second: 0", numberBetween(0, 1e6))
      .option("--leak <hz>", "events of each pixel a second by a leak: 0", numberBetween(0, 1e6))
      .option("--seed <n>", "the same seed gives the same recording", integerBetween(0, 2 ** 32 - 1), 1)
      .option("--events <n>", "events of the scene edges", integerBetween(0, 2 ** 48), 1_000_000)
      .option("--rate <n>", "events in a microsecond of the scene edges", numberBetween(1e-6, 1e6), 10)
      .option(
        "--to <format>",
        `the format of the output, whatever its ending: ${OUTPUT_FORMATS.join(", ").toLowerCase()}`,
        oneOf("output format", OUTPUT_FORMATS),
      ),
  action: async (context, [input, output], flags) => {
    const { size, chunks } = await makeEvents(input!, flags, context);
    const { openEventSink } = await import("../encoders/open-event-sink.ts");
    await using sink = await openEventSink(output!, { to: flags.to, size, metadata: { source: input! } });
    for await (const chunk of chunks) {
      using held = chunk;
      throwIfAborted(context.signal, "simulating");
      await sink.write(held);
    }
    const { rows: events, bytes } = await sink.finish();
    const { width, height } = size;
    return {
      json: { input, output, width, height, events, bytes },
      text: formatFacts([
        ["input", input],
        ["output", output],
        ["geometry", `${width} x ${height}`],
        ["events", events],
        ["size", formatByteSize(bytes)],
      ]),
    };
  },
};

async function makeEvents(input: string, flags: Flags, context: VerbContext): Promise<Made> {
  const { seed, fps, duration } = flags;
  if (input === "edges") {
    const size = flags.geometry ?? { width: 1280, height: 720 };
    return { size, chunks: syntheticScene({ ...size, seed, events: flags.events, ratePerUs: flags.rate }) };
  }
  const options: SimulatorOptions = {
    seed,
    ...(flags.onThreshold === undefined ? {} : { onThreshold: flags.onThreshold }),
    ...(flags.offThreshold === undefined ? {} : { offThreshold: flags.offThreshold }),
    ...(flags.refractory === undefined ? {} : { refractoryUs: flags.refractory }),
    ...(flags.noise === undefined ? {} : { noiseHz: flags.noise }),
    ...(flags.leak === undefined ? {} : { leakHz: flags.leak }),
  };
  const stepUs = Math.max(1, Math.round(1e6 / fps));
  if (SCENE_NAMES.includes(input as SceneName)) {
    const size = flags.geometry ?? { width: 320, height: 240 };
    const frames = sceneFrames(input as SceneName, { ...size, durationUs: duration, stepUs, seed });
    const total = Math.floor(duration / stepUs) + 1;
    return { size, chunks: simulateEvents(reported(frames, total, context), size, options) };
  }
  const { openImageSequence } = await import("../simulator/image-frames.ts");
  const isFolder = (await diskVfs.exists(input)) && (await diskVfs.stat(input)).kind === "directory";
  if (!isFolder) {
    const expected = `a folder of PNG files, or one of ${SCENE_NAMES.join(", ")}, edges`;
    throw new InvalidArgumentError("EVENTS_SIMULATE_INPUT", "input", input, expected);
  }
  const film = await openImageSequence(diskVfs, input, fps);
  const frames = reported(film.frames(), film.count, context);
  return { size: film.size, chunks: simulateEvents(frames, film.size, options) };
}

/** Frames, with a bar on stderr; it ends when the command is interrupted. */
async function* reported(
  frames: AsyncIterable<SimulatorFrame> | Iterable<SimulatorFrame>,
  total: number,
  context: VerbContext,
): AsyncGenerator<SimulatorFrame, void, undefined> {
  const bar = context.progress("simulate");
  const progress = new Progress({ totalBytes: total, onReport: (report) => bar.update(report) });
  for await (const frame of frames) {
    throwIfAborted(context.signal, "simulating");
    yield frame;
    progress.add(1, 1);
  }
  progress.finish();
}
