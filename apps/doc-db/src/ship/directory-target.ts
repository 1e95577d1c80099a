import { isMillraceError } from "@millrace/base";
import { atomicWrite, joinPath, makeDurableDirectory, parentPath, type Vfs } from "@millrace/files";
import type { ShipTarget } from "./target.ts";

/** A directory that a database is shipped to; it is made with the first value. */
export class DirectoryTarget implements ShipTarget {
  readonly name: string;
  readonly #vfs: Vfs;
  /** Directories that are there for sure. */
  readonly #made = new Set<string>();

  constructor(path: string, vfs: Vfs) {
    this.name = path;
    this.#vfs = vfs;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const path = joinPath(this.name, key);
    const directory = parentPath(path);
    if (!this.#made.has(directory)) await makeDurableDirectory(this.#vfs, directory);
    this.#made.add(directory);
    try {
      await atomicWrite(this.#vfs, path, bytes);
    } catch (error) {
      // Somebody took it away: it is made again with the next attempt.
      this.#made.delete(directory);
      throw error;
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      await using file = await this.#vfs.open(joinPath(this.name, key), "r");
      const bytes = new Uint8Array(await file.size());
      return bytes.subarray(0, await file.read(bytes, 0));
    } catch (error) {
      if (isMillraceError(error, "FILES_NOT_FOUND")) return undefined;
      throw error;
    }
  }

  async list(folder: string): Promise<string[]> {
    const path = joinPath(this.name, folder);
    if (!(await this.#vfs.exists(path))) return [];
    const keys: string[] = [];
    for (const { name, kind } of await this.#vfs.list(path)) {
      if (kind === "directory") keys.push(...(await this.list(`${folder}${name}/`)));
      else keys.push(folder + name);
    }
    return keys;
  }

  async remove(key: string): Promise<void> {
    const path = joinPath(this.name, key);
    try {
      await this.#vfs.remove(path);
    } catch (error) {
      if (!isMillraceError(error, "FILES_NOT_FOUND")) throw error;
    }
    const directory = parentPath(path);
    if (!key.includes("/") || (await this.#vfs.list(directory)).length > 0) return;
    this.#made.delete(directory);
    await this.#vfs.remove(directory);
  }
}
