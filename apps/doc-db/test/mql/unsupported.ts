/** Cases that are not passed for a reason that is known, by what they are about. */
import type { Case } from "./case-file.ts";

interface Unsupported {
  readonly name: string;
  readonly reason: string;
  readonly applies: (test: Case) => boolean;
}

const inModule =
  (pattern: RegExp) =>
  ({ module }: Case): boolean =>
    pattern.test(module);

/** What is declared to be unsupported, and why; the first entry that applies to a case counts. */
export const UNSUPPORTED: readonly Unsupported[] = [
  {
    name: "dates beyond the year 275760",
    reason:
      "a Date of JavaScript ends at 8.64e15 milliseconds; int64 milliseconds beyond are refused, never rounded",
    applies: ({ isReadable }) => !isReadable,
  },
  {
    name: "geospatial edges",
    reason:
      "rings of more than half the sphere, $near without an index (which works here), points on the very edge",
    applies: inModule(/geospatial/),
  },
  {
    name: "$text in other languages",
    reason: "words of English have stems; those of other languages stand for themselves",
    applies: inModule(/query\/text/),
  },
  {
    name: "$where",
    reason: "documents are data: JavaScript in a filter is never run",
    applies: ({ fields }) => JSON.stringify(Object.keys(fields.filter ?? {})).includes("$where"),
  },
  {
    name: "time series, views and counters of index uses",
    reason: "there are none",
    applies: ({ module, id }) =>
      /timeseries|hidden_(errors|behavior)/.test(module) || id === "collation_conflict",
  },
  {
    name: "MinKey and MaxKey wrapped by the suite's shell",
    reason: "the case expects what a command's parser makes of them, not the value",
    applies: ({ id }) => /(min|max)key$/.test(id),
  },
];
