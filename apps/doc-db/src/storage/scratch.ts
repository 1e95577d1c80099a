import { assert } from "@millrace/base";
import { joinPath, parentPath, type Vfs, type VfsFile } from "@millrace/files";
import { decodeDocument } from "../document/decode.ts";
import { encodeDocument } from "../document/encode.ts";
import type { Document } from "../document/value.ts";

const BLOCK_BYTES = 256 * 1024;
const HEAD_BYTES = 4;
let made = 0;

/** Where queries put what memory has no room for. */
export interface Scratch {
  readonly vfs: Vfs;
  /** Of the database; the files are called like it. */
  readonly path: string;
}

/** Documents in a file, read in the order in which they were written, as often as is wanted. */
export class Spool {
  readonly #vfs: Vfs;
  readonly #file: VfsFile;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #written = 0;
  #count = 0;

  private constructor(vfs: Vfs, file: VfsFile) {
    this.#vfs = vfs;
    this.#file = file;
  }

  static async create({ vfs, path }: Scratch): Promise<Spool> {
    return new Spool(vfs, await vfs.open(`${path}-scratch-${++made}`, "create-or-truncate"));
  }

  /** How many documents it holds. */
  get count(): number {
    return this.#count;
  }

  add(document: Document): void {
    const bytes = encodeDocument(document);
    const head = new Uint8Array(HEAD_BYTES);
    new DataView(head.buffer).setUint32(0, bytes.length);
    this.#append(head);
    this.#append(bytes);
    this.#count++;
  }

  *documents(): Generator<Document, void, undefined> {
    this.#flush();
    const reader = new BlockReader(this.#file, this.#written);
    for (let left = this.#count; left > 0; left--) {
      const head = reader.take(HEAD_BYTES);
      const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
      yield decodeDocument(reader.take(length));
    }
  }

  async remove(): Promise<void> {
    await this.#file.close();
    await this.#vfs.remove(this.#file.path);
  }

  #append(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > BLOCK_BYTES) this.#flush();
    if (bytes.length > BLOCK_BYTES) {
      this.#file.writeSync(bytes, this.#written);
      this.#written += bytes.length;
      return;
    }
    this.#block.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.#file.writeSync(this.#block.subarray(0, this.#filled), this.#written);
    this.#written += this.#filled;
    this.#filled = 0;
  }
}

/** Reads a file from its beginning, a block at a time. */
class BlockReader {
  readonly #file: VfsFile;
  readonly #end: number;
  #block = new Uint8Array(0);
  #at = 0;
  #read = 0;

  constructor(file: VfsFile, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** The next bytes, as an array of their own. */
  take(length: number): Uint8Array {
    if (this.#at + length > this.#block.length) this.#fill(length);
    const bytes = this.#block.slice(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  #fill(length: number): void {
    const rest = this.#block.subarray(this.#at);
    const more = Math.min(Math.max(BLOCK_BYTES, length), this.#end - this.#read);
    const block = new Uint8Array(rest.length + more);
    block.set(rest);
    const count = this.#file.readSync(block.subarray(rest.length), this.#read);
    assert(count === more && block.length >= length, "a scratch file holds what was written to it");
    this.#read += more;
    this.#block = block;
    this.#at = 0;
  }
}

/** Removes what a process that was killed left behind. */
export async function removeStaleScratch(vfs: Vfs, path: string): Promise<void> {
  const directory = parentPath(path);
  const prefix = `${path.split("/").at(-1)!}-scratch-`;
  for (const { name } of await vfs.list(directory)) {
    if (name.startsWith(prefix)) await vfs.remove(joinPath(directory, name));
  }
}
