import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";

/** The folder of real recordings that the environment variable MILLRACE_DATA names, or undefined. */
export const recordingsDirectory: string | undefined = process.env.MILLRACE_DATA || undefined;

/**
 * The path of one real recording, by its path inside the folder: "events/evt2_sample.raw".
 * @throws Error when the folder is set but the file is not there: a broken folder must not pass as a skip
 */
export function recordingPath(name: string): string {
  if (recordingsDirectory === undefined) throw new Error("MILLRACE_DATA is not set; use describeRecordings");
  const path = join(recordingsDirectory, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: MILLRACE_DATA names a folder without it`);
  return path;
}

/** A `describe` for tests on real recordings; skipped, visibly and with the reason, where there are none. */
export function describeRecordings(name: string, body: () => void): void {
  const isSkipped = recordingsDirectory === undefined;
  describe.skipIf(isSkipped)(isSkipped ? `${name} (skipped: MILLRACE_DATA is not set)` : name, body);
}
