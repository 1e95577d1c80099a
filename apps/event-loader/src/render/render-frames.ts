import { CapacityError } from "@millrace/base";
import { type EventChunk, timeOfRow } from "../event-rows.ts";
import type { EventPainter } from "./event-painter.ts";

/** When frames are taken. */
export interface FrameTimes {
  /** Time between two frames in the recording, µs; Infinity for one frame at the time of the last event. */
  readonly stepUs: number;
  /** Where the first frame's time begins, µs. @default the time of the first event */
  readonly startUs?: number | undefined;
  /** The most frames. */
  readonly limit: number;
}

/**
 * The frames of a recording, each when all events before its time were seen, with one for what is left at the end. The
 * chunks are released. Events out of order belong to the frame in which they are read.
 * @throws CapacityError `EVENTS_FRAMES_LIMIT` above the limit
 */
export async function* renderFrames(
  chunks: AsyncIterable<EventChunk>,
  painter: EventPainter,
  { stepUs, startUs, limit }: FrameTimes,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let start = startUs;
  let frames = 0;
  let waiting = 0;
  let latest = 0;
  const endOfFrame = (): number => start! + (frames + 1) * stepUs;
  for await (const chunk of chunks) {
    using held = chunk;
    const times = held.words("t");
    start ??= timeOfRow(times, 0);
    latest = timeOfRow(times, held.rowCount - 1);
    for (let row = 0; row < held.rowCount; ) {
      const end = rowsBefore(times, row, held.rowCount, endOfFrame());
      painter.add(held, row, end);
      waiting += end - row;
      row = end;
      if (row === held.rowCount) break;
      const wanted = Math.ceil((timeOfRow(times, row) - start) / stepUs);
      if (wanted > limit) throw tooManyFrames(wanted, limit, painter);
      yield painter.paint(endOfFrame());
      frames++;
      waiting = 0;
    }
  }
  if (waiting > 0 && start !== undefined)
    yield painter.paint(stepUs === Number.POSITIVE_INFINITY ? latest : endOfFrame());
}

/** The first row from `start` on whose time is not before `until`, or the end. */
function rowsBefore(times: Int32Array, start: number, end: number, until: number): number {
  let row = start;
  while (row < end && timeOfRow(times, row) < until) row++;
  return row;
}

function tooManyFrames(frames: number, limit: number, { width, height }: EventPainter): CapacityError {
  const what = `${frames} frames: choose a part with --from and --until, a lower --fps or a higher --speed; frames`;
  return new CapacityError("EVENTS_FRAMES_LIMIT", what, frames * width * height, limit * width * height);
}
