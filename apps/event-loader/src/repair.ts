import { checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { defaultVfs, type Vfs } from "@millrace/files";
import { openEventSink } from "./encoders/open-event-sink.ts";
import type { EventChunk } from "./event-rows.ts";
import { type Region, regions } from "./filters/selections.ts";
import type { Recording } from "./recording.ts";
import { SortWindow } from "./sort-window.ts";
import { isDamage } from "./violations.ts";

/** What a repair may change. */
export interface RepairOptions {
  /** Sort events that are out of order by up to so much, in µs. @default 0, none */
  readonly sortWindowUs?: number;
  /** Leave out events outside the sensor. @default false */
  readonly dropsOutside?: boolean;
  /** The output's format, one of OUTPUT_FORMATS. @default by the output's ending */
  readonly to?: string | undefined;
  /** Where the output goes. @default the disk; a browser has none */
  readonly vfs?: Vfs;
}

/** What {@link RepairOptions} are when they are not given. */
export const DEFAULT_REPAIR_OPTIONS: Required<RepairOptions> = Object.freeze({
  sortWindowUs: 0,
  dropsOutside: false,
  to: undefined,
  vfs: defaultVfs,
});

/** What a repair has done. */
export interface RepairReport {
  /** Events that could be read, and that were written. */
  readonly read: number;
  readonly written: number;
  /** Size of the output. */
  readonly bytes: number;
  /** Why nothing behind the last event could be read; undefined when all was. */
  readonly cut: string | undefined;
  /** Events that found their place in the order of time. */
  readonly sorted: number;
  /** Events that were out of order by more than the window, and left out. */
  readonly late: number;
  /** Events outside the sensor, and left out. */
  readonly outside: number;
}

/**
 * Writes what can be saved of a recording: the events before the place where it cannot be read any further, sorted and
 * inside the sensor where that is asked for. What the decoder leaves out as no events is in `recording.violations`.
 *
 * @throws InvalidArgumentError `EVENTS_TIME_ORDER` for events out of order in a format that takes none, and no window;
 *   `EVENTS_GEOMETRY_UNKNOWN`
 * @throws IoError; nothing of the output is left then
 */
export async function repairRecording(
  recording: Recording,
  output: string,
  options: RepairOptions = {},
): Promise<RepairReport> {
  const filled = resolveOptions<Required<RepairOptions>>("events", DEFAULT_REPAIR_OPTIONS, options);
  const { sortWindowUs, dropsOutside, to, vfs } = filled;
  checkInteger("events", "sortWindowUs", sortWindowUs, 0, 2 ** 40);
  const inside = dropsOutside ? regions(sensorOf(recording)) : undefined;
  const window = sortWindowUs > 0 ? new SortWindow(sortWindowUs) : undefined;
  const { width, height } = recording;
  await using sink = await openEventSink(output, {
    to,
    vfs,
    size: width === undefined || height === undefined ? undefined : { width, height },
    metadata: { format: recording.format, source: recording.name },
    triggers: () => recording.triggers,
  });
  const write = async (chunk: EventChunk | undefined): Promise<void> => {
    if (chunk === undefined) return;
    using held = chunk;
    if (held.rowCount > 0) await sink.write(held);
  };
  let read = 0;
  let outside = 0;
  let cut: string | undefined;
  const chunks = recording.events();
  try {
    for (;;) {
      const next = await nextOf(chunks);
      if (typeof next === "string") cut = next;
      if (typeof next === "string" || next === undefined) break;
      read += next.rowCount;
      const before = next.rowCount;
      inside?.apply(next);
      outside += before - next.rowCount;
      if (window === undefined) await write(next);
      else {
        using held = next;
        await write(window.add(held));
      }
    }
    await write(window?.finish());
  } finally {
    await chunks.return();
  }
  const { rows, bytes } = await sink.finish();
  return { read, written: rows, bytes, cut, sorted: window?.moved ?? 0, late: window?.late ?? 0, outside };
}

/** The next chunk, undefined at the end, or why there is none: damage of the data. */
async function nextOf(
  chunks: AsyncGenerator<EventChunk, void, undefined>,
): Promise<EventChunk | string | undefined> {
  try {
    const next = await chunks.next();
    return next.done === true ? undefined : next.value;
  } catch (error) {
    if (isDamage(error)) return error.message;
    throw error;
  }
}

function sensorOf({ width, height, name }: Recording): Region {
  if (width !== undefined && height !== undefined) return { x: 0, y: 0, width, height };
  const expected = "columns and rows, to tell which events are outside: pass the geometry";
  throw new InvalidArgumentError("EVENTS_GEOMETRY_UNKNOWN", `geometry of ${name}`, undefined, expected);
}
