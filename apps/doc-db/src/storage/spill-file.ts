import { assert } from "@millrace/base";
import { joinPath, parentPath, type Vfs, type VfsFile } from "@millrace/files";
import type { TemporaryCipher, TemporarySeal } from "./temporary-cipher.ts";

/** Changed pages of a long transaction that the cache had no room for; worth nothing after a crash. */
export class SpillFile {
  readonly #vfs: Vfs;
  readonly #file: VfsFile;
  readonly #pageBytes: number;
  /** Where each page lies, in pages. */
  readonly #slots = new Map<number, number>();
  readonly #cipher: TemporaryCipher | undefined;
  /** What it takes to read the slots, when they are encrypted. */
  readonly #seals: TemporarySeal[] = [];

  private constructor(vfs: Vfs, file: VfsFile, pageBytes: number, cipher: TemporaryCipher | undefined) {
    this.#vfs = vfs;
    this.#file = file;
    this.#pageBytes = pageBytes;
    this.#cipher = cipher;
  }

  static async create(
    vfs: Vfs,
    databasePath: string,
    pageBytes: number,
    cipher: TemporaryCipher | undefined,
  ): Promise<SpillFile> {
    const file = await vfs.open(spillPath(databasePath), "create-or-truncate");
    return new SpillFile(vfs, file, pageBytes, cipher);
  }

  has(page: number): boolean {
    return this.#slots.has(page);
  }

  write(page: number, bytes: Uint8Array): void {
    const slot = this.#slots.get(page) ?? this.#slots.size;
    const sealed = this.#cipher?.seal(bytes);
    this.#file.writeSync(sealed?.bytes ?? bytes, slot * this.#pageBytes);
    if (sealed !== undefined) this.#seals[slot] = sealed.seal;
    this.#slots.set(page, slot);
  }

  read(page: number, into: Uint8Array): void {
    const slot = this.#slots.get(page);
    assert(slot !== undefined, "a page is read from the spill file after it was written there");
    assert(this.#file.readSync(into, slot * this.#pageBytes) === into.length, "a spilled page is whole");
    if (this.#cipher !== undefined) into.set(this.#cipher.open(into, this.#seals[slot]!));
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
