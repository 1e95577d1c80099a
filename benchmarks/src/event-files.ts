import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EventChunk, openEventSink, syntheticScene } from "@millrace/event-loader";

/** The sensor of all recordings. */
export const SENSOR = { width: 1280, height: 720 } as const;

/** What all events of a recording add up to: the same whoever decodes them. */
export interface EventSums {
  readonly events: number;
  readonly t: number;
  readonly x: number;
  readonly y: number;
  readonly p: number;
}

/** The ending under which other programs, too, know a format. */
const ENDINGS: Readonly<Record<string, string>> = {
  DAT: ".dat",
  AEDAT4: ".aedat4",
  "HDF5-Metavision": ".hdf5",
  "rpg-text": ".txt",
};

/** Moving bars, whose events come in bursts; or noise, a pixel at a time, which is the worst for formats with vectors. */
export type Scene = "bars" | "noise";

const SCENES = { bars: {}, noise: { noise: 1 } } as const;

/** Where the recording of so many events is; it stays for the next run, since making it takes longer than reading. */
export function eventFilePath(format: string, events: number, scene: Scene = "bars"): string {
  return join(tmpdir(), `millrace-bench-events-${scene}-${format}-${events}${ENDINGS[format] ?? ".raw"}`);
}

/** Makes a recording of a scene that does not repeat, unless it is there; returns what its events add up to. */
export async function makeEventFile(
  format: string,
  events: number,
  scene: Scene = "bars",
): Promise<EventSums> {
  const path = eventFilePath(format, events, scene);
  const sumsPath = `${path}.json`;
  if (!existsSync(path) || !existsSync(sumsPath)) {
    let sums = NO_EVENTS;
    await using sink = await openEventSink(path, { to: format, size: SENSOR });
    for await (const chunk of syntheticScene({ ...SENSOR, events, seed: 7, ...SCENES[scene] })) {
      using held = chunk;
      sums = addSums(sums, held);
      await sink.write(held);
    }
    await sink.finish({});
    writeFileSync(sumsPath, JSON.stringify(sums));
  }
  return JSON.parse(readFileSync(sumsPath, "utf8")) as EventSums;
}

const NO_EVENTS: EventSums = { events: 0, t: 0, x: 0, y: 0, p: 0 };

/** What the events of chunks add up to; releases them. */
export async function sumEvents(chunks: AsyncIterable<EventChunk>): Promise<EventSums> {
  let sums = NO_EVENTS;
  for await (const chunk of chunks) {
    using held = chunk;
    sums = addSums(sums, held);
  }
  return sums;
}

/** @throws Error unless these are the sums of the recording */
export function checkSums(found: EventSums, expected: EventSums): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`the events add up to ${a}, not ${b}`);
}

function addSums(sums: EventSums, chunk: EventChunk): EventSums {
  const { x: xs, y: ys, p: ps } = chunk.columns;
  const times = chunk.words("t");
  let { events, t, x, y, p } = sums;
  for (let i = 0; i < chunk.rowCount; i++) {
    t += times[2 * i + 1]! * 2 ** 32 + (times[2 * i]! >>> 0);
    x += xs[i]!;
    y += ys[i]!;
    p += ps[i]!;
  }
  events += chunk.rowCount;
  return { events, t, x, y, p };
}
