import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { MillraceError } from "@millrace/base";

/** What a video is made of. */
export interface VideoOptions {
  readonly width: number;
  readonly height: number;
  readonly palette: Uint8Array;
  readonly fps: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Pipes frames to the program ffmpeg, which makes an MP4 video (H.264) of them.
 * @returns how many frames there were
 * @throws MillraceError `EVENTS_FFMPEG_MISSING` where it is not installed, `EVENTS_FFMPEG_FAILED` with what it said
 */
export async function encodeVideo(
  frames: AsyncIterable<Uint8Array>,
  { width, height, palette, fps, signal }: VideoOptions,
  path: string,
): Promise<number> {
  const input = [
    "-f",
    "rawvideo",
    "-pix_fmt",
    "rgb24",
    "-s",
    `${width}x${height}`,
    "-r",
    String(fps),
    "-i",
    "-",
  ];
  // H.264 with this layout of colours, which every player knows, has even sizes only.
  const even = "pad=ceil(iw/2)*2:ceil(ih/2)*2";
  const output = ["-vf", even, "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", path];
  const child = spawn("ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", ...input, ...output], {
    stdio: ["pipe", "ignore", "pipe"],
    signal,
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  // Writing fails first when the program ends early; how it ended says more.
  child.stdin.on("error", () => {});
  let hasEnded = false;
  void ended
    .catch(() => {})
    .then(() => {
      hasEnded = true;
    });
  let count = 0;
  try {
    for await (const frame of frames) {
      if (hasEnded) break;
      count++;
      if (!child.stdin.write(toRgb(frame, palette))) await Promise.race([drained(child.stdin), ended]);
    }
    child.stdin.end();
    const code = await ended;
    if (code === 0) return count;
    const reason = said.trim().split("\n").at(-1) ?? "";
    throw new MillraceError("EVENTS_FFMPEG_FAILED", `ffmpeg ended with ${code}: ${reason}`);
  } catch (error) {
    child.kill();
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const problem = "ffmpeg is not installed, and it makes the MP4; install it, or draw to .apng or .gif";
    throw new MillraceError("EVENTS_FFMPEG_MISSING", problem, { cause: error });
  }
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.once("drain", resolve);
  });
}

function toRgb(frame: Uint8Array, palette: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(3 * frame.length);
  for (let i = 0; i < frame.length; i++) {
    const colour = 3 * frame[i]!;
    rgb[3 * i] = palette[colour]!;
    rgb[3 * i + 1] = palette[colour + 1]!;
    rgb[3 * i + 2] = palette[colour + 2]!;
  }
  return rgb;
}
