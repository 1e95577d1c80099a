import { CapacityError } from "@millrace/base";
import type { Recording } from "./recording.ts";
import { requireSize } from "./recording-size.ts";
import { countFrame } from "./representations/frames.ts";

/** How many events each pixel has, row by row from the top. */
export interface PixelCounts {
  readonly values: Uint32Array;
  readonly width: number;
  readonly height: number;
}

/** Most pixels that are counted: 16 times those of the largest sensors. */
const MAX_PIXELS = 2 ** 24;

/**
 * Counts the events of each pixel; those outside the geometry are left out.
 * @param recording - its size is known, from its header or because it was read before
 * @throws InvalidArgumentError `EVENTS_GEOMETRY_UNKNOWN` when there are no events and no size
 * @throws CapacityError above 16,777,216 pixels
 */
export async function countEventsPerPixel(recording: Recording): Promise<PixelCounts> {
  const { width, height } = requireSize(recording);
  if (width * height > MAX_PIXELS) {
    throw new CapacityError(
      "EVENTS_PIXELS_LIMIT",
      `counting ${width}x${height} pixels`,
      4 * width * height,
      4 * MAX_PIXELS,
    );
  }
  const frame = countFrame({ width, height });
  for await (const chunk of recording.events()) {
    frame.add(chunk);
    chunk.release();
  }
  return { values: frame.values(), width, height };
}
