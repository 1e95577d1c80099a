import { isMillraceError, type SeededRandom } from "@millrace/base";
import { type ByteSource, bytesSource } from "@millrace/files";
import { expect } from "vitest";
import { openRecording, type RecordingOptions } from "../../src/index.ts";
import { type Event, eventsOf } from "../helpers.ts";
import type { Sample } from "./samples.ts";

/** What came of reading: events up to the end, or to an error of ours. */
export interface Outcome {
  readonly events: Event[];
  readonly code: string | undefined;
}

/** More events than any sample or its neighbours have: whoever gives more makes them up. */
const MOST_EVENTS = 2_000_000;

/** Reads bytes as a recording; an error that is not ours fails the test. */
export async function readAll(
  source: ByteSource,
  options: RecordingOptions = {},
  isCounted = false,
): Promise<Outcome> {
  const events: Event[] = [];
  let count = 0;
  try {
    await using recording = await openRecording(source, options);
    for await (const chunk of recording.events()) {
      using held = chunk;
      count += held.rowCount;
      if (!isCounted) events.push(...eventsOf(held));
      expect(count).toBeLessThan(MOST_EVENTS);
    }
    for await (const frame of recording.frames()) expect(frame.pixels.length).toBeGreaterThanOrEqual(0);
    for await (const chunk of recording.imu()) chunk.release();
    return { events, code: undefined };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return { events, code: error.code };
  }
}

/** A sample's bytes, or others in their place, under its name. */
export function sourceOf(sample: Sample, bytes: Uint8Array = sample.bytes): ByteSource {
  return bytesSource(bytes, sample.fileName ?? "sample");
}

/** Checks that what was read of a part is a beginning of the whole, or ended in an error of ours. */
export function expectPrefix(whole: readonly Event[], { events, code }: Outcome, isText: boolean): void {
  // The last number of a line may have been cut: that line is another one, or none.
  const sure = Math.min(whole.length, isText ? Math.max(0, events.length - 1) : events.length);
  // A loop: vitest's own comparison takes microseconds for each number.
  const wrong = events.findIndex((event, i) => i < sure && event.some((value, k) => value !== whole[i]![k]));
  expect([wrong, events[wrong], code], "place of the first wrong event").toEqual([-1, undefined, code]);
  expect(events.length).toBeLessThanOrEqual(whole.length);
}

/** Damages bytes in one of the ways in which files and attackers do. */
export function mutate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let damaged = bytes.slice();
  for (let i = random.nextInt(1, 4); i > 0; i--) {
    // Headers are short, and what is in them goes far.
    const end = random.next() < 0.5 ? Math.min(damaged.length, 256) : damaged.length;
    const at = random.nextInt(0, Math.max(0, end - 1));
    const length = Math.min(random.nextInt(1, 16), damaged.length - at);
    switch (random.nextInt(0, 6)) {
      case 0:
        damaged[at]! ^= 1 << random.nextInt(0, 7);
        break;
      case 1:
        damaged[at] = random.nextInt(0, 255);
        break;
      case 2:
        damaged.fill([0, 255, 127, 128][random.nextInt(0, 3)]!, at, at + [1, 2, 4, 8][random.nextInt(0, 3)]!);
        break;
      case 3:
        damaged = Uint8Array.from([...damaged.subarray(0, at), ...damaged.subarray(at + length)]);
        break;
      case 4:
        damaged = Uint8Array.from([...damaged.subarray(0, at + length), ...damaged.subarray(at)]);
        break;
      case 5:
        damaged = damaged.slice(0, Math.max(1, at));
        break;
      default:
        damaged.set(damaged.slice(at, at + length), random.nextInt(0, damaged.length - length));
    }
  }
  return damaged;
}
