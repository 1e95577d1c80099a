import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Names the directory, to processes that measure, whose files stay until all cases have run. */
export const KEPT_FILES = "MILLRACE_BENCH_KEPT";

/** A directory that goes when this process ends. */
export function workDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * A directory for thousands of files, which goes when all cases have run: ext4 without a journal looks, whenever it
 * makes a file, at all that were removed beside it in the minutes before. After one process has cleaned up, the next
 * would take five times as long.
 */
export function keptDirectory(): string {
  const kept = process.env[KEPT_FILES];
  return kept === undefined ? workDirectory() : mkdtempSync(join(kept, "store-"));
}
