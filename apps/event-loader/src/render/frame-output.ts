import { InvalidArgumentError } from "@millrace/base";
import { AtomicFile, atomicPath, atomicWrite, type Vfs } from "@millrace/files";
import {
  type AnimationWriter,
  ApngWriter,
  encodePng,
  GifWriter,
  type IndexedImageOptions,
} from "@millrace/plot";
import type { EventPainter } from "./event-painter.ts";
import { encodeVideo } from "./ffmpeg.ts";

/** What was drawn. */
export interface FrameOutputResult {
  readonly frames: number;
  readonly bytes: number;
}

/** Writes frames to a file, which appears whole or not at all. */
export type FrameOutput = (
  frames: AsyncIterable<Uint8Array<ArrayBuffer>>,
  painter: EventPainter,
  path: string,
  options: { readonly fps: number; readonly vfs: Vfs; readonly signal?: AbortSignal | undefined },
) => Promise<FrameOutputResult>;

const OUTPUTS: Readonly<Record<string, FrameOutput>> = {
  ".png": writePng,
  ".apng": (frames, painter, path, options) =>
    writeAnimation(frames, new ApngWriter({ ...painterImage(painter), fps: options.fps }), path, options.vfs),
  ".gif": (frames, painter, path, options) =>
    writeAnimation(frames, new GifWriter({ ...painterImage(painter), fps: options.fps }), path, options.vfs),
  ".mp4": writeVideo,
};

/** What a path must end in. */
export const RENDER_ENDINGS: readonly string[] = Object.freeze(Object.keys(OUTPUTS));

/** The ending of a path that can be drawn to. @throws InvalidArgumentError `EVENTS_OUTPUT_UNKNOWN` */
export function renderEnding(path: string): string {
  const ending = RENDER_ENDINGS.find((known) => path.toLowerCase().endsWith(known));
  if (ending !== undefined) return ending;
  const expected = `one that ends in ${RENDER_ENDINGS.join(", ")}`;
  throw new InvalidArgumentError("EVENTS_OUTPUT_UNKNOWN", "output path", path, expected);
}

/** What writes to a path of such an ending. */
export function frameOutput(ending: string): FrameOutput {
  return OUTPUTS[ending]!;
}

function painterImage({ width, height, palette }: EventPainter): IndexedImageOptions {
  return { width, height, palette };
}

async function writePng(
  frames: AsyncIterable<Uint8Array<ArrayBuffer>>,
  painter: EventPainter,
  path: string,
  { vfs }: { readonly vfs: Vfs },
): Promise<FrameOutputResult> {
  let last: Uint8Array | undefined;
  for await (const frame of frames) last = frame;
  if (last === undefined) throw noFrames(path);
  const png = encodePng(last, painterImage(painter));
  await atomicWrite(vfs, path, png);
  return { frames: 1, bytes: png.length };
}

async function writeAnimation(
  frames: AsyncIterable<Uint8Array>,
  writer: AnimationWriter,
  path: string,
  vfs: Vfs,
): Promise<FrameOutputResult> {
  await using file = await AtomicFile.create(vfs, path);
  let [count, bytes] = [0, 0];
  const write = async (piece: Uint8Array): Promise<void> => {
    bytes += piece.length;
    await file.write(piece);
  };
  await write(writer.header(0));
  for await (const frame of frames) {
    await write(writer.frame(frame));
    count++;
  }
  if (count === 0) throw noFrames(path);
  await write(writer.end());
  await file.file.write(writer.header(count), 0);
  await file.commit();
  return { frames: count, bytes };
}

async function writeVideo(
  frames: AsyncIterable<Uint8Array>,
  painter: EventPainter,
  path: string,
  {
    fps,
    vfs,
    signal,
  }: { readonly fps: number; readonly vfs: Vfs; readonly signal?: AbortSignal | undefined },
): Promise<FrameOutputResult> {
  return atomicPath(vfs, path, async (temporary) => {
    const count = await encodeVideo(frames, { ...painterImage(painter), fps, signal }, temporary);
    if (count === 0) throw noFrames(path);
    await using file = await vfs.open(temporary, "r+");
    await file.sync();
    return { frames: count, bytes: await file.size() };
  });
}

function noFrames(path: string): InvalidArgumentError {
  return new InvalidArgumentError(
    "EVENTS_RENDER_EMPTY",
    `events for ${path}`,
    0,
    "at least one event to draw",
  );
}
