import { isMillraceError } from "@millrace/base";
import {
  AtomicFile,
  type ByteSource,
  type Durability,
  fileError,
  fileSource,
  isTemporaryName,
  joinPath,
  makeDurableDirectory,
  parentPath,
  type Vfs,
} from "@millrace/files";
import type { Area, BackendWriter, HalfWritten, ShardBackend } from "./backend.ts";

/** A backend in a directory: `<path>/manifests/<key>`, `<path>/shards/<key>`. */
export class DirectoryBackend implements ShardBackend {
  readonly name: string;
  readonly #vfs: Vfs;
  readonly #path: string;

  readonly #durability: Durability;

  constructor(vfs: Vfs, name: string, path: string, durability: Durability) {
    this.#durability = durability;
    this.name = name;
    this.#vfs = vfs;
    this.#path = path;
  }

  async check(): Promise<void> {
    // The directory itself may be a mount point whose disk is gone: what `prepare` made in it must be there, too.
    const path = this.#pathOf("shards");
    if (!(await this.#vfs.exists(path))) throw fileError("FILES_NOT_FOUND", path, "stat");
  }

  async prepare(): Promise<void> {
    for (const area of ["manifests", "shards"] as const) {
      await makeDurableDirectory(this.#vfs, this.#pathOf(area));
    }
  }

  create(area: Area, key: string): Promise<BackendWriter> {
    const options = { durability: this.#durability, isSmall: area === "manifests" };
    return AtomicFile.create(this.#vfs, this.#pathOf(area, key), options);
  }

  open(area: Area, key: string): Promise<ByteSource> {
    return fileSource(this.#vfs, this.#pathOf(area, key));
  }

  isThere(area: Area, key: string): boolean {
    return this.#vfs.existsSync(key === "" ? this.#pathOf(area) : this.#pathOf(area, key));
  }

  async list(area: Area): Promise<string[]> {
    const entries = await this.#vfs.list(this.#pathOf(area));
    // What begins with "." is a value that somebody is still writing.
    return entries
      .filter(({ kind, name }) => kind === "file" && !name.startsWith("."))
      .map(({ name }) => name);
  }

  async halfWritten(): Promise<HalfWritten[]> {
    const found: HalfWritten[] = [];
    for (const area of ["manifests", "shards"] as const) {
      for (const { name } of await this.#vfs.list(this.#pathOf(area))) {
        if (isTemporaryName(name)) found.push({ name, remove: () => this.remove(area, name) });
      }
    }
    return found;
  }

  async remove(area: Area, key: string): Promise<void> {
    const path = this.#pathOf(area, key);
    try {
      await this.#vfs.remove(path);
    } catch (error) {
      if (isMillraceError(error, "FILES_NOT_FOUND")) return;
      throw error;
    }
    if (this.#durability === "disk") await this.#vfs.syncDirectory(parentPath(path));
  }

  lock(): Promise<AsyncDisposable> {
    return this.#vfs.lock(joinPath(this.#path, "lock"));
  }

  #pathOf(area: Area, key?: string): string {
    const directory = joinPath(this.#path, area);
    return key === undefined ? directory : joinPath(directory, key);
  }
}
