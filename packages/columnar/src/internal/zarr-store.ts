import { IoError } from "@millrace/base";
import { baseName, type Durability, joinPath, parentPath, type Vfs } from "@millrace/files";

/** A directory in which files appear whole, under keys such as "g/a/c/0". One writer at a time. */
export class ZarrStore {
  readonly path: string;
  readonly #vfs: Vfs;
  readonly #isDurable: boolean;
  readonly #directories = new Set<string>();
  #failure: { readonly error: unknown } | undefined;

  constructor(vfs: Vfs, path: string, durability: Durability) {
    this.path = path;
    this.#vfs = vfs;
    this.#isDurable = durability === "disk";
  }

  has(key: string): boolean {
    return this.#vfs.existsSync(joinPath(this.path, key));
  }

  /** Puts a file in place of what was there, in one step. @throws IoError when this or an earlier one failed */
  putSync(key: string, parts: readonly Uint8Array[]): void {
    this.check();
    try {
      this.#put(joinPath(this.path, key), parts);
    } catch (error) {
      this.#failure = { error };
      this.check();
    }
  }

  /** @throws IoError `ZARR_WRITE_FAILED` when a write failed before */
  check(): void {
    if (this.#failure === undefined) return;
    const { error: cause } = this.#failure;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError(
      "ZARR_WRITE_FAILED",
      this.path,
      "write",
      `a write failed, and arrays stay as of their last checkpoint; close the writer and cure this: ${reason}`,
      { cause },
    );
  }

  #put(path: string, parts: readonly Uint8Array[]): void {
    const directory = parentPath(path);
    this.#makeDirectory(directory);
    const temporary = joinPath(directory, `.${baseName(path)}.tmp`);
    const file = this.#vfs.openSync(temporary, "create-or-truncate");
    try {
      let at = 0;
      for (const part of parts) {
        file.writeSync(part, at);
        at += part.length;
      }
      if (this.#isDurable) file.syncSync();
    } finally {
      file.closeSync();
    }
    this.#vfs.renameSync(temporary, path);
    if (this.#isDurable) this.#vfs.syncDirectorySync(directory);
  }

  #makeDirectory(path: string): void {
    if (this.#directories.has(path)) return;
    this.#directories.add(path);
    if (this.#vfs.existsSync(path)) return;
    const parent = parentPath(path);
    this.#makeDirectory(parent);
    this.#vfs.makeDirectorySync(path);
    if (this.#isDurable) this.#vfs.syncDirectorySync(parent);
  }
}
