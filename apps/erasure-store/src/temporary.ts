import { tmpdir } from "node:os";
import { TemporarySpace, type Vfs } from "@millrace/files";
import type { FilledConfig } from "./config.ts";

/** Where Linux keeps files in memory. */
const RAM_DISK = "/dev/shm";

/**
 * Room for what a server must be given whole: in the configured directory, else on the RAM disk where that is wanted,
 * else in the working directory, else in the system's; a place without room is passed over.
 */
export function temporarySpace(vfs: Vfs, { performance }: FilledConfig): TemporarySpace {
  const { temp_directory, use_ramdisk } = performance;
  const hasRamDisk = use_ramdisk && process.platform === "linux";
  return new TemporarySpace(vfs, [
    ...(temp_directory === null ? [] : [temp_directory]),
    ...(hasRamDisk ? [RAM_DISK] : []),
    ".",
    tmpdir(),
  ]);
}
