import type { LogBlock } from "../log-block.ts";
import type { LogEntry } from "../log-entry.ts";

/**
 * Checks what is logged, before the checks that always are, and before anything of it is stored; `validation: false`
 * does not turn it off.
 *
 * @example
 * const calm: Validator = {
 *   name: "rewards are small",
 *   checkEntry: ({ reward = 0 }) => (Math.abs(reward) <= 1 ? undefined : `reward is ${reward}, at most 1 is allowed`),
 * };
 */
export interface Validator {
  /** For messages. */
  readonly name: string;
  /** What is wrong, for the message of the error; undefined where nothing is. */
  checkEntry(entry: LogEntry): string | undefined;
  /** The same for a block; without it `logBlock` is refused. */
  checkBlock?(block: LogBlock): string | undefined;
}
