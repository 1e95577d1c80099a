import { checkInteger } from "@millrace/base";
import type { EventChunk } from "../event-rows.ts";
import { checkSize, type Representation, type RepresentationSize } from "./representation.ts";

/** What a mixed-density stack is of. */
export interface MixedDensityOptions extends RepresentationSize {
  /** Channels: the c-th holds the latest 1/2^c of all events. 1 to 52. */
  readonly channels: number;
}

/**
 * A mixed-density event stack: channel c holds the polarity, -1 or 1, of each pixel's last event among the latest
 * `ceil(N / 2^c)` of all N events, and 0 where it has none (Nam et al., "Stereo Depth from Events Cameras: Concentrate
 * and Focus on the Future", 2022, section 3.2).
 *
 * A pixel's last event of all is also its last among the latest, if it is one of these: so the number and polarity of
 * the last event of each pixel are all that is kept, whatever N turns out to be. Events outside the sensor do not count.
 * @throws InvalidArgumentError for a size or channels out of their range
 */
export function mixedDensityStack({
  width,
  height,
  channels,
}: MixedDensityOptions): Representation<Float32Array> {
  checkInteger("events", "channels", channels, 1, 52);
  const pixels = width * height;
  const stack = new Float32Array(checkSize({ width, height }, channels));
  /** Number of each pixel's last event, from 1 on, negative for a darker one; 0 where there was none. */
  const last = new Float64Array(pixels);
  let events = 0;
  return {
    shape: [channels, height, width],
    add(chunk) {
      events = numberEvents(chunk, last, width, height, events);
    },
    values() {
      for (let channel = 0; channel < channels; channel++) {
        const before = events - Math.ceil(events / 2 ** channel);
        const out = stack.subarray(channel * pixels, (channel + 1) * pixels);
        for (let i = 0; i < pixels; i++) out[i] = Math.abs(last[i]!) > before ? Math.sign(last[i]!) : 0;
      }
      return stack;
    },
  };
}

/** @returns the number of the last event */
function numberEvents(
  { columns: { x, y, p }, rowCount }: EventChunk,
  last: Float64Array,
  width: number,
  height: number,
  before: number,
): number {
  let number = before;
  for (let row = 0; row < rowCount; row++) {
    const column = x[row]!;
    const line = y[row]!;
    if (column >= width || line >= height) continue;
    number++;
    last[line * width + column] = (2 * p[row]! - 1) * number;
  }
  return number;
}
