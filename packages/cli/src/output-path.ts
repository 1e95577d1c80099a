import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "./exit.ts";

/**
 * Refuses an output that would take the place of a file that is read.
 * @param output - as it stands on the command line; "-" is stdout
 * @param inputs - files that are read
 * @throws UsageError
 */
export function checkOutputPath(output: string, ...inputs: readonly string[]): void {
  if (output === "-") return;
  const place = placeOf(output);
  const input = inputs.find((path) => path !== "-" && placeOf(path) === place);
  if (input === undefined) return;
  throw new UsageError(`${output}: would take the place of ${input}, which is read; name another file`);
}

/** Where a file is, whichever way leads to its directory. A link is a file of its own: what is written replaces it. */
function placeOf(path: string): string {
  const whole = resolve(path);
  try {
    return join(realpathSync(dirname(whole)), basename(whole));
  } catch {
    // There is no such directory: whoever opens the file says it better.
    return whole;
  }
}
