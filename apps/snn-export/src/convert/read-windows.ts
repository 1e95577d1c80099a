import { isMillraceError } from "@millrace/base";

/** What {@link readWindows} needs to know of a field. */
export interface WindowSource<T> {
  /** Time steps that there are. */
  readonly start: number;
  readonly stop: number;
  /** Reads time steps [start, stop). */
  read(start: number, stop: number): T;
  /** Bytes that a part takes in memory. */
  bytesOf(part: T): number;
}

const FIRST_STEPS = 1024;
/** A gap without data is left behind in a few windows, however long it is. */
const MOST_GROWTH = 16;

/**
 * Reads a field in windows of time steps of some `targetBytes` each, whatever the steps hold: the width of a window
 * follows what the one before took, and one that the reader's limit refuses is tried again narrower.
 */
export function* readWindows<T>(source: WindowSource<T>, targetBytes: number): Generator<T, void> {
  let steps = FIRST_STEPS;
  for (let start = source.start; start < source.stop; ) {
    const stop = Math.min(source.stop, start + steps);
    let part: T;
    try {
      part = source.read(start, stop);
    } catch (error) {
      const isTooLarge = isMillraceError(error) && error.code.endsWith("_LIMIT");
      if (!isTooLarge || stop - start === 1) throw error;
      steps = Math.ceil((stop - start) / MOST_GROWTH);
      continue;
    }
    yield part;
    const growth = targetBytes / Math.max(1, source.bytesOf(part));
    steps = Math.max(1, Math.floor((stop - start) * Math.min(MOST_GROWTH, growth)));
    start = stop;
  }
}
