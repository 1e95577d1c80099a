import { assert } from "@millrace/base";
import { joinPath, parentPath, type Vfs, type VfsFile } from "@millrace/files";
import { decodeDocument } from "../document/decode.ts";
import { encodeDocument } from "../document/encode.ts";
import type { Document } from "../document/value.ts";
import type { TemporaryCipher, TemporarySeal } from "./temporary-cipher.ts";

const BLOCK_BYTES = 256 * 1024;
const HEAD_BYTES = 4;
let made = 0;

/** Where queries put what memory has no room for. */
export interface Scratch {
  readonly vfs: Vfs;
  /** Of the database; the files are called like it. */
  readonly path: string;
  /** Encrypts the files of an encrypted database. */
  readonly cipher?: TemporaryCipher | undefined;
}

/** Bytes that were written at once. */
interface Block {
  readonly start: number;
  readonly length: number;
  readonly seal: TemporarySeal | undefined;
}

/** Documents in a file, read in the order in which they were written, as often as is wanted. */
export class Spool {
  readonly #vfs: Vfs;
  readonly #file: VfsFile;
  readonly #cipher: TemporaryCipher | undefined;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  readonly #blocks: Block[] = [];
  #filled = 0;
  #count = 0;

  private constructor(vfs: Vfs, file: VfsFile, cipher: TemporaryCipher | undefined) {
    this.#vfs = vfs;
    this.#file = file;
    this.#cipher = cipher;
  }

  static async create({ vfs, path, cipher }: Scratch): Promise<Spool> {
    return new Spool(vfs, await vfs.open(`${path}-scratch-${++made}`, "create-or-truncate"), cipher);
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
    const reader = new BlockReader(this.#file, this.#blocks, this.#cipher);
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
      this.#write(bytes);
      return;
    }
    this.#block.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.#write(this.#block.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #write(bytes: Uint8Array): void {
    const last = this.#blocks.at(-1);
    const start = last === undefined ? 0 : last.start + last.length;
    const sealed = this.#cipher?.seal(bytes);
    this.#file.writeSync(sealed?.bytes ?? bytes, start);
    this.#blocks.push({ start, length: bytes.length, seal: sealed?.seal });
  }
}

/** Reads a file from its beginning, a block at a time. */
class BlockReader {
  readonly #file: VfsFile;
  readonly #blocks: readonly Block[];
  readonly #cipher: TemporaryCipher | undefined;
  #block: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Blocks that were read. */
  #read = 0;

  constructor(file: VfsFile, blocks: readonly Block[], cipher: TemporaryCipher | undefined) {
    this.#file = file;
    this.#blocks = blocks;
    this.#cipher = cipher;
  }

  /** The next bytes, as an array of their own. */
  take(length: number): Uint8Array {
    if (this.#at + length > this.#block.length) this.#fill(length);
    const bytes = new Uint8Array(this.#block.subarray(this.#at, this.#at + length));
    this.#at += length;
    return bytes;
  }

  #fill(length: number): void {
    const parts = [this.#block.subarray(this.#at)];
    for (let had = parts[0]!.length; had < length; had += parts.at(-1)!.length) parts.push(this.#nextBlock());
    this.#block = parts[0]!.length === 0 && parts.length === 2 ? parts[1]! : Buffer.concat(parts);
    this.#at = 0;
  }

  #nextBlock(): Uint8Array {
    const block = this.#blocks[this.#read++];
    assert(block !== undefined, "a scratch file holds what was written to it");
    const bytes = new Uint8Array(block.length);
    assert(this.#file.readSync(bytes, block.start) === block.length, "a scratch file is whole");
    return block.seal === undefined ? bytes : this.#cipher!.open(bytes, block.seal);
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
