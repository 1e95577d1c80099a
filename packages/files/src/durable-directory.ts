import { parentPath } from "./paths.ts";
import type { Vfs } from "./vfs.ts";

/** Makes a directory with those above it that are missing, and makes their names survive a power loss. */
export async function makeDurableDirectory(vfs: Vfs, path: string): Promise<void> {
  // The parent is synced though the directory may exist: who made it may have crashed before its own sync.
  const parents = [parentPath(path)];
  while (!(await vfs.exists(parents.at(-1)!))) parents.push(parentPath(parents.at(-1)!));
  await vfs.makeDirectory(path);
  for (const parent of parents) await vfs.syncDirectory(parent);
}

/** {@link makeDurableDirectory} at once, on this thread. */
export function makeDurableDirectorySync(vfs: Vfs, path: string): void {
  const parents = [parentPath(path)];
  while (!vfs.existsSync(parents.at(-1)!)) parents.push(parentPath(parents.at(-1)!));
  vfs.makeDirectorySync(path);
  for (const parent of parents) vfs.syncDirectorySync(parent);
}
