import {
  backgroundActivity,
  EVENT_SCHEMA,
  type EventChunk,
  type EventFilter,
  everyNth,
  maskPixels,
  polarity,
  refractory,
  regions,
  timeWindow,
} from "@millrace/event-loader";
import { allocateChunk } from "@millrace/stream";
import type { BenchmarkCase, BenchmarkCases, Contender } from "../../case.ts";
import { copyChunk, sceneChunks } from "../../event-chunks.ts";
import { SENSOR } from "../../event-files.ts";

const EVENTS = 4_000_000;
/** All but the last row of a column of this length are filled by a chunk of the scene. */
const ROWS = 65_536;

/** Whether an event stays, one at a time: what a filter keeps must be these, and no others. */
type Rule = (t: number, x: number, y: number, p: number) => boolean;

/**
 * A filter over all chunks. It changes them in place, so that each run begins with a copy of every chunk, which counts
 * as its work.
 */
function filtering(name: string, filterOf: () => EventFilter, rule?: Rule): Contender {
  return {
    name,
    prepare: async () => {
      const chunks = await sceneChunks(EVENTS);
      const scratch = allocateChunk(EVENT_SCHEMA, ROWS);
      const run = (): number => {
        const filter = filterOf();
        let kept = 0;
        for (const chunk of chunks) {
          copyChunk(chunk, scratch);
          filter.apply(scratch);
          kept += scratch.rowCount;
        }
        return kept;
      };
      const kept = run();
      const expected = rule === undefined ? kept : chunks.reduce((sum, chunk) => sum + count(chunk, rule), 0);
      if (kept !== expected) throw new Error(`${kept} events were kept, not ${expected}`);
      return () => void run();
    },
  };
}

function count({ rowCount, columns }: EventChunk, rule: Rule): number {
  let kept = 0;
  for (let i = 0; i < rowCount; i++) {
    if (rule(Number(columns.t[i]), columns.x[i]!, columns.y[i]!, columns.p[i]!)) kept++;
  }
  return kept;
}

/** What of the work is the copy. */
function copyAlone(): Contender {
  return filtering("the copy alone", () => ({ apply: () => {} }));
}

function selection(filterOf: () => EventFilter, rule: Rule): BenchmarkCase {
  return {
    unit: "events",
    amount: EVENTS,
    ours: filtering("millrace", filterOf, rule),
    peers: [copyAlone()],
    reach: { perSecond: 400_000_000 },
  };
}

/** A filter that remembers every pixel: no figure was set for these. */
function withMemory(filterOf: () => EventFilter): BenchmarkCase {
  return { unit: "events", amount: EVENTS, ours: filtering("millrace", filterOf), peers: [copyAlone()] };
}

const { width, height } = SENSOR;
const box = { x: 320, y: 180, width: 640, height: 360 };
const corner = { x: 0, y: 0, width: 100, height: 100 };
const inside = (x: number, y: number, r: typeof box): boolean =>
  x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height;

/** Every hundredth pixel. */
function hotPixels(): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, i) => (i % 100 === 0 ? 1 : 0));
}
const hot = hotPixels();

export const cases: BenchmarkCases = {
  time: selection(
    () => timeWindow(100_000, 300_000),
    (t) => t >= 100_000 && t < 300_000,
  ),
  region: selection(
    () => regions(box),
    (_t, x, y) => inside(x, y, box),
  ),
  "two-regions": selection(
    () => regions(box, corner),
    (_t, x, y) => inside(x, y, box) || inside(x, y, corner),
  ),
  polarity: selection(
    () => polarity(1),
    (_t, _x, _y, p) => p === 1,
  ),
  "every-10th": selection(
    () => everyNth(10),
    (() => {
      let at = 0;
      return () => at++ % 10 === 0;
    })(),
  ),
  "hot-pixels": selection(
    () => maskPixels(hot, width, height),
    (_t, x, y) => hot[y * width + x] === 0,
  ),
  refractory: withMemory(() => refractory(1000, SENSOR)),
  "background-activity": withMemory(() => backgroundActivity(5000, SENSOR)),
};
