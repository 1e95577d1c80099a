import type { LogBlock } from "../log-block.ts";
import type { LogEntry } from "../log-entry.ts";

/**
 * Changes what is logged before it is checked and stored. Several run one after another, in the order of the option
 * `transformers`. What it is given belongs to the caller: it returns another object, or the same one untouched.
 *
 * @example
 * const inMillivolts: Transformer = {
 *   name: "volts to millivolts",
 *   transformEntry: (entry) =>
 *     entry.neuralState === undefined ? entry : { ...entry, neuralState: entry.neuralState.map((v) => v * 1000) },
 * };
 */
export interface Transformer {
  /** For messages. */
  readonly name: string;
  /** The entry to store in place of this one; undefined to leave the step out. */
  transformEntry(entry: LogEntry): LogEntry | undefined;
  /** The same for a block; without it `logBlock` is refused. */
  transformBlock?(block: LogBlock): LogBlock | undefined;
}
