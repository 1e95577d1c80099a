import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of its own that is removed at the end of the scope. */
export interface TempDirectory extends Disposable {
  readonly path: string;
}

/**
 * Makes an empty directory below the system's temporary one.
 * @example
 * using directory = tempDirectory();
 */
export function tempDirectory(): TempDirectory {
  const path = mkdtempSync(join(tmpdir(), "millrace-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * Mounts a small disk that gets full: a tmpfs of `sizeBytes`.
 * @returns undefined where that is not possible (not Linux, not root, no permission to mount); skip visibly then
 */
export function smallDisk(sizeBytes: number): TempDirectory | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const directory = tempDirectory();
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "none", directory.path]);
  if (mount.status !== 0) {
    directory[Symbol.dispose]();
    return undefined;
  }
  return {
    path: directory.path,
    [Symbol.dispose]: () => {
      spawnSync("umount", ["-l", directory.path]);
      directory[Symbol.dispose]();
    },
  };
}
