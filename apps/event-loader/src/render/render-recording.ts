import { checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { defaultVfs, type Vfs } from "@millrace/files";
import { COLOUR_MAPS, type ColourMapName } from "@millrace/plot";
import { filterChunks } from "../filters/event-filter.ts";
import { timeWindow } from "../filters/selections.ts";
import type { Recording } from "../recording.ts";
import { findSize } from "../recording-size.ts";
import { EventPainter, RENDER_DECAYS, type RenderDecay } from "./event-painter.ts";
import { type FrameOutputResult, frameOutput, renderEnding } from "./frame-output.ts";
import { renderFrames } from "./render-frames.ts";

/** How a recording is drawn. */
export interface RenderOptions {
  /** Frames in a second of the animation, above 0, up to 1000. @default 25 */
  readonly fps?: number;
  /** Seconds of the recording in a second of the animation: 0.1 is slow motion. Above 0. @default 1 */
  readonly speed?: number;
  /** How long an event is seen, µs of the recording. @default a frame; in a PNG, without a decay, for ever */
  readonly accumulationUs?: number | undefined;
  /** How it fades meanwhile; an exponential one has this as its time constant. @default "none" */
  readonly decay?: RenderDecay;
  /** @default "blue-red-dark" */
  readonly colours?: ColourMapName;
  /** Pixels of the image along each side of a pixel of the sensor, 1 to 16. @default 1 */
  readonly scale?: number;
  /** Draws the time into each frame. @default false */
  readonly hasTimeCode?: boolean;
  /** First and last time that are drawn, µs. @default all of it */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  /** The most frames; more is a CapacityError. @default 100,000 */
  readonly frameLimit?: number;
  /** Where the output goes; a video goes to the disk. @default the disk; a browser has none */
  readonly vfs?: Vfs;
  /** Ends the drawing with an AbortedError. @default none */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link RenderOptions} are when they are not given. */
export const DEFAULT_RENDER_OPTIONS: Required<RenderOptions> = Object.freeze({
  fps: 25,
  speed: 1,
  accumulationUs: undefined,
  decay: "none",
  colours: "blue-red-dark",
  scale: 1,
  hasTimeCode: false,
  from: undefined,
  until: undefined,
  frameLimit: 100_000,
  vfs: defaultVfs,
  signal: undefined,
});

/** Most pixels of a frame: those of a sensor of 8K, some 33 million. */
const MAX_PIXELS = 2 ** 25;

/**
 * Draws a recording as a PNG (one image, at its end), an APNG, a GIF or, where ffmpeg is installed, an MP4, by the
 * output's ending, in constant memory: one frame at a time.
 * @throws InvalidArgumentError for another ending, an option out of its range, a size that nothing tells
 * @throws CapacityError `EVENTS_FRAMES_LIMIT` for more frames than asked for
 * @throws IoError when the output cannot be written; nothing of it is left then
 * @example
 * await renderRecording(recording, "drive.gif", { speed: 0.1, decay: "exponential", accumulationUs: 5000 });
 */
export async function renderRecording(
  recording: Recording,
  output: string,
  options: RenderOptions = {},
): Promise<FrameOutputResult & { readonly width: number; readonly height: number }> {
  const ending = renderEnding(output);
  const filled = checkOptions(options);
  const { fps, speed, from, until, vfs, signal } = filled;
  const size = await findSize(recording);
  const isStill = ending === ".png";
  const stepUs = isStill ? Number.POSITIVE_INFINITY : (speed * 1e6) / fps;
  const isForever = isStill && filled.decay === "none";
  const accumulationUs = filled.accumulationUs ?? (isForever ? Number.MAX_SAFE_INTEGER : (speed * 1e6) / fps);
  const pixels = size.width * size.height * filled.scale ** 2;
  checkInteger("events", "pixels of a frame", pixels, 1, MAX_PIXELS);
  const painter = new EventPainter(size, { ...filled, accumulationUs });
  const window = timeWindow(from ?? Number.NEGATIVE_INFINITY, until ?? Number.POSITIVE_INFINITY);
  const chunks = filterChunks(recording.events(), [window]);
  const frames = renderFrames(chunks, painter, { stepUs, startUs: from, limit: filled.frameLimit });
  const { width, height } = painter;
  return { ...(await frameOutput(ending)(frames, painter, output, { fps, vfs, signal })), width, height };
}

function checkOptions(options: RenderOptions): Required<RenderOptions> {
  const filled = resolveOptions<Required<RenderOptions>>("events", DEFAULT_RENDER_OPTIONS, options);
  const { fps, speed, accumulationUs } = filled;
  checkInteger("events", "scale", filled.scale, 1, 16);
  checkInteger("events", "frameLimit", filled.frameLimit, 1, 2 ** 31);
  checkOneOf("events", "colours", filled.colours, COLOUR_MAPS);
  checkOneOf("events", "decay", filled.decay, RENDER_DECAYS);
  checkAbove0("fps", fps, 1000);
  checkAbove0("speed", speed, 1e9);
  if (accumulationUs !== undefined) checkAbove0("accumulationUs", accumulationUs, Number.MAX_SAFE_INTEGER);
  return filled;
}

function checkAbove0(name: string, value: number, most: number): void {
  if (value > 0 && value <= most) return;
  throw new InvalidArgumentError("EVENTS_OPTION_RANGE", name, value, `above 0, up to ${most}`);
}
