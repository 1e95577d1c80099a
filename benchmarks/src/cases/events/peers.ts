import type { BenchmarkCase, BenchmarkCases, PythonContender } from "../../case.ts";
import { loading } from "../../event-contenders.ts";
import { eventFilePath } from "../../event-files.ts";

const MILLION = 1_000_000;

/** The file is made by ours, which runs first; what its events add up to lies beside it. */
function peer(name: string, format: string, events: number): PythonContender {
  const path = eventFilePath(format, events);
  return { name, script: "events_load.py", args: [name, format, path, `${path}.json`] };
}

/** A whole recording in columns, by us and by loaders in C and Rust under Python, which must find the same events. */
function versus(format: string, millions: number, names: readonly string[], isFull = false): BenchmarkCase {
  const events = millions * MILLION;
  return {
    unit: "events",
    amount: events,
    ours: loading("millrace", format, events),
    peers: names.map((name) => peer(name, format, events)),
    isFull,
    isHeavy: true,
  };
}

const ALL = ["expelliarmus", "faery", "evlib"] as const;

export const cases: BenchmarkCases = {
  "evt2-10M": versus("EVT2", 10, ALL),
  "evt3-10M": versus("EVT3", 10, ALL),
  "evt2-100M": versus("EVT2", 100, ALL),
  "evt3-100M": versus("EVT3", 100, ALL),
  "dat-10M": versus("DAT", 10, ["expelliarmus", "faery"]),
  "evt2-500M": versus("EVT2", 500, ALL, true),
  "evt3-500M": versus("EVT3", 500, ALL, true),
};
