import { Timestamp } from "../document/bson-types.ts";
import type { Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import type { PageReader } from "../storage/page-reader.ts";
import { type FeedState, readFeed } from "./feed.ts";

/**
 * Behind which change a stream begins that wants all from a time on.
 * @param time - a `Timestamp`, as the `clusterTime` of events
 * @throws LanguageError 14 for what is no timestamp, 286 when changes from then on are kept no more
 */
export function placeAtTime(pager: PageReader, { first, last }: FeedState, time: Value): number {
  if (!(time instanceof Timestamp)) return fail(14, "startAtOperationTime", time, "a timestamp");
  let [low, high] = [first, last + 1];
  // Each change has a time that is not before that of the one in front of it.
  while (low < high && first > 0) {
    const middle = Math.floor((low + high) / 2);
    const [entry] = readFeed(pager, middle - 1, 1);
    const isBefore = entry !== undefined && isEarlier(clusterTimeOf(entry), time);
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  if (low === first && first > 1)
    fail(286, "startAtOperationTime", time, "a time whose changes are still kept");
  return Math.max(0, low - 1);
}

/** When a change was made, as drivers have it. */
export function clusterTimeOf({ at, sequence }: { readonly at: Date; readonly sequence: number }): Timestamp {
  return new Timestamp(Math.floor(at.getTime() / 1000), sequence % 2 ** 32);
}

function isEarlier(time: Timestamp, other: Timestamp): boolean {
  const { seconds, increment } = other;
  return time.seconds < seconds || (time.seconds === seconds && time.increment < increment);
}
