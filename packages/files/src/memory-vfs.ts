import { fileError } from "./file-errors.ts";
import { MemoryContent, MemoryFile } from "./memory-file.ts";
import { baseName, parentPath } from "./paths.ts";
import type { OpenFlags, Vfs, VfsEntry, VfsFile, VfsLock, VfsStat } from "./vfs.ts";

type Directory = Map<string, Node>;
type Node = MemoryContent | Directory;

/**
 * Files in memory: for tests, and for a browser. "a/b", "/a/b" and "./a//b" are the same file; the root exists.
 *
 * @example
 * const vfs = new MemoryVfs();
 * await using file = await vfs.open("a.bin", "create");
 * await file.write(new Uint8Array([1, 2, 3]), 0);
 */
export class MemoryVfs implements Vfs {
  readonly #root: Directory = new Map();
  readonly #locks = new Set<string>();

  async open(path: string, flags: OpenFlags): Promise<VfsFile> {
    return this.openSync(path, flags);
  }

  openSync(path: string, flags: OpenFlags): VfsFile {
    const parent = this.#directory(parentPath(path), path, "open");
    const found = this.#find(path, "open");
    if (found instanceof Map) throw fileError("FILES_IS_DIRECTORY", path, "open");
    if (found !== undefined && flags === "create") throw fileError("FILES_EXISTS", path, "open");
    if (found === undefined && (flags === "r" || flags === "r+")) {
      throw fileError("FILES_NOT_FOUND", path, "open");
    }
    const content = found ?? new MemoryContent();
    if (found === undefined) parent.set(baseName(path), content);
    else if (flags === "create-or-truncate") found.resize(0);
    return new MemoryFile(path, content, flags === "r");
  }

  async rename(from: string, to: string): Promise<void> {
    return this.renameSync(from, to);
  }

  renameSync(from: string, to: string): void {
    const moved = this.#existing(from, "rename");
    const target = this.#find(to, "rename");
    const toParent = this.#directory(parentPath(to), to, "rename");
    if (moved === target) return;
    if (target instanceof Map) {
      if (!(moved instanceof Map)) throw fileError("FILES_IS_DIRECTORY", to, "rename");
      if (target.size > 0) throw fileError("FILES_NOT_EMPTY", to, "rename");
    } else if (target !== undefined && moved instanceof Map) {
      throw fileError("FILES_NOT_DIRECTORY", to, "rename");
    }
    if (moved instanceof Map && isInside(to, from)) {
      throw fileError("FILES_IO_FAILED", to, "rename", "a directory cannot move into itself");
    }
    this.#directory(parentPath(from), from, "rename").delete(baseName(from));
    toParent.set(baseName(to), moved);
  }

  async remove(path: string, options: { readonly recursive?: boolean } = {}): Promise<void> {
    return this.removeSync(path, options);
  }

  removeSync(path: string, options: { readonly recursive?: boolean } = {}): void {
    const found = this.#existing(path, "remove");
    if (found instanceof Map && found.size > 0 && options.recursive !== true) {
      throw fileError("FILES_NOT_EMPTY", path, "remove");
    }
    this.#directory(parentPath(path), path, "remove").delete(baseName(path));
  }

  async list(path: string): Promise<VfsEntry[]> {
    const directory = this.#directory(path, path, "list");
    return Array.from(directory, ([name, node]) => ({ name, kind: kindOf(node) })).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
  }

  async stat(path: string): Promise<VfsStat> {
    const found = this.#existing(path, "stat");
    if (found instanceof Map) return { kind: "directory", size: 0, modifiedMs: 0 };
    return { kind: "file", size: found.size, modifiedMs: found.modifiedMs };
  }

  async exists(path: string): Promise<boolean> {
    return this.existsSync(path);
  }

  existsSync(path: string): boolean {
    let node: Node | undefined = this.#root;
    for (const part of partsOf(path)) {
      if (!(node instanceof Map)) return false;
      node = node.get(part);
    }
    return node !== undefined;
  }

  async makeDirectory(path: string): Promise<void> {
    return this.makeDirectorySync(path);
  }

  makeDirectorySync(path: string): void {
    let directory = this.#root;
    for (const part of partsOf(path)) {
      let next = directory.get(part);
      if (next === undefined) {
        next = new Map();
        directory.set(part, next);
      }
      if (!(next instanceof Map)) throw fileError("FILES_EXISTS", path, "makeDirectory");
      directory = next;
    }
  }

  async syncDirectory(path: string): Promise<void> {
    return this.syncDirectorySync(path);
  }

  syncDirectorySync(path: string): void {
    this.#directory(path, path, "syncDirectory");
  }

  async freeBytes(_path: string): Promise<number | undefined> {
    return undefined;
  }

  /** Keeps out other users of this object; leaves no file behind. */
  async lock(path: string): Promise<VfsLock> {
    this.#directory(parentPath(path), path, "lock");
    const key = partsOf(path).join("/");
    if (this.#locks.has(key)) throw fileError("FILES_LOCKED", path, "lock");
    this.#locks.add(key);
    let isHeld = true;
    const release = async (): Promise<void> => {
      if (isHeld) this.#locks.delete(key);
      isHeld = false;
    };
    return { path, release, [Symbol.asyncDispose]: release };
  }

  #find(path: string, syscall: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const part of partsOf(path)) {
      if (node === undefined) return undefined;
      if (!(node instanceof Map)) throw fileError("FILES_NOT_DIRECTORY", path, syscall);
      node = node.get(part);
    }
    return node;
  }

  #existing(path: string, syscall: string): Node {
    const found = this.#find(path, syscall);
    if (found === undefined) throw fileError("FILES_NOT_FOUND", path, syscall);
    return found;
  }

  /** The directory at `path`; an error names `culprit`, the path that the caller gave. */
  #directory(path: string, culprit: string, syscall: string): Directory {
    const found = this.#find(path, syscall);
    if (found === undefined) throw fileError("FILES_NOT_FOUND", culprit, syscall);
    if (!(found instanceof Map)) throw fileError("FILES_NOT_DIRECTORY", culprit, syscall);
    return found;
  }
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function isInside(path: string, directory: string): boolean {
  const outer = partsOf(directory);
  return outer.every((part, i) => partsOf(path)[i] === part);
}

function kindOf(node: Node): "file" | "directory" {
  return node instanceof Map ? "directory" : "file";
}
