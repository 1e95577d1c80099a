import { assert } from "@millrace/base";
import { joinPath, parentPath, type Vfs, type VfsFile } from "@millrace/files";
import { PAGE_BYTES } from "./page-format.ts";

/** Changed pages of a long transaction that the cache had no room for; worth nothing after a crash. */
export class SpillFile {
  readonly #vfs: Vfs;
  readonly #file: VfsFile;
  /** Where each page lies, in pages. */
  readonly #slots = new Map<number, number>();

  private constructor(vfs: Vfs, file: VfsFile) {
    this.#vfs = vfs;
    this.#file = file;
  }

  static async create(vfs: Vfs, databasePath: string): Promise<SpillFile> {
    return new SpillFile(vfs, await vfs.open(spillPath(databasePath), "create-or-truncate"));
  }

  has(page: number): boolean {
    return this.#slots.has(page);
  }

  write(page: number, bytes: Uint8Array): void {
    const slot = this.#slots.get(page) ?? this.#slots.size;
    this.#file.writeSync(bytes, slot * PAGE_BYTES);
    this.#slots.set(page, slot);
  }

  read(page: number, into: Uint8Array): void {
    const slot = this.#slots.get(page);
    assert(slot !== undefined, "a page is read from the spill file after it was written there");
    assert(this.#file.readSync(into, slot * PAGE_BYTES) === PAGE_BYTES, "a spilled page is whole");
  }

  async remove(): Promise<void> {
    await this.#file.close();
    await this.#vfs.remove(this.#file.path);
  }
}

/** Removes what a process that was killed left behind. */
export async function removeStaleSpill(vfs: Vfs, databasePath: string): Promise<void> {
  const path = spillPath(databasePath);
  if (await vfs.exists(path)) await vfs.remove(path);
}

function spillPath(databasePath: string): string {
  return joinPath(parentPath(databasePath), `${databasePath.split("/").at(-1)!}-spill`);
}
