import type { BenchmarkCase, BenchmarkCases } from "../../case.ts";
import { loading } from "../../event-contenders.ts";

const MILLION = 1_000_000;
const MANY = 100 * MILLION;

/** All events in memory at once, on one core. */
function whole(format: string, perSecond: number): BenchmarkCase {
  return {
    unit: "events",
    amount: MANY,
    ours: loading("millrace", format, MANY),
    peers: [],
    reach: { perSecond },
    isHeavy: true,
  };
}

/** The same by two threads, which have an index to share the file by. */
function parallel(format: string): BenchmarkCase {
  return {
    unit: "events",
    amount: MANY,
    ours: loading("two workers", format, MANY, { workers: 2 }),
    peers: [loading("one thread", format, MANY)],
    reach: { ratio: 1.6 },
    isHeavy: true,
  };
}

/** A small recording in record batches, beside the same joined. */
function streamed(format: string, events: number): BenchmarkCase {
  return {
    unit: "events",
    amount: events,
    ours: loading("streamed", format, events, { streamingThreshold: 0 }),
    peers: [loading("direct", format, events, { streamingThreshold: 1e9 })],
    reach: { ratio: 0.9 },
  };
}

export const cases: BenchmarkCases = {
  evt2: whole("EVT2", 60 * MILLION),
  evt3: whole("EVT3", 40 * MILLION),
  "evt2-two-workers": parallel("EVT2"),
  "evt3-two-workers": parallel("EVT3"),
  "evt2-streamed-1M": streamed("EVT2", MILLION),
  "evt3-streamed-1M": streamed("EVT3", MILLION),
};
