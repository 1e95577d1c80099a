import { createHmac } from "node:crypto";
import { isMillraceError, MillraceError } from "@millrace/base";
import { readFull, type Vfs, type VfsFile } from "@millrace/files";

/** Keeps this use of an object's key apart from the cipher's, and from the digest's. */
const LABEL = "millrace-store segment\n";
const ID_BYTES = 16;
const NOTE_BYTES = 32;

/**
 * What was encrypted under an object's key, segment by segment, noted before it leaves the process. A put that goes on
 * with the key seals a segment again only when it is the very same: a cipher in counter mode that meets two texts under
 * one number gives both away.
 */
export class SegmentNotes implements AsyncDisposable {
  readonly #file: VfsFile;
  readonly #key: Uint8Array;
  /** What the file held when it was opened. */
  readonly #known: Uint8Array;

  private constructor(file: VfsFile, key: Uint8Array, known: Uint8Array) {
    this.#file = file;
    this.#key = key;
    this.#known = known;
  }

  /** Begins the notes of an upload, or goes on with them. @param key - of the object */
  static async open(vfs: Vfs, path: string, uploadId: string, key: Uint8Array): Promise<SegmentNotes> {
    const known = await readNotes(vfs, path, uploadId);
    const file = await vfs.open(path, known === undefined ? "create-or-truncate" : "r+");
    if (known === undefined) await file.write(Buffer.from(uploadId, "hex"), 0);
    return new SegmentNotes(file, key, known ?? new Uint8Array(0));
  }

  /**
   * Notes a segment; it is durable then.
   * @param framed - what will be encrypted
   * @throws MillraceError `STORE_RESUME_CHANGED` when another text was encrypted under this number before
   */
  async check(index: number, isLast: boolean, framed: Uint8Array): Promise<void> {
    const note = createHmac("sha256", this.#key)
      .update(`${LABEL}${index} ${isLast}\n`)
      .update(framed)
      .digest();
    const at = ID_BYTES + index * NOTE_BYTES;
    const before = this.#known.subarray(at, at + NOTE_BYTES);
    // Of two that were noted at a time the second may be there without the first.
    if (before.length === NOTE_BYTES && before.some((byte) => byte !== 0)) {
      if (Buffer.compare(before, note) === 0) return;
      const problem = `part ${index} of the file is not what it was when the put was stopped; put without resuming`;
      throw new MillraceError("STORE_RESUME_CHANGED", problem);
    }
    await this.#file.write(note, at);
    await this.#file.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/** Whether there are notes of an upload, without which it cannot go on. */
export async function hasNotes(vfs: Vfs, path: string, uploadId: string): Promise<boolean> {
  return (await readNotes(vfs, path, uploadId)) !== undefined;
}

async function readNotes(vfs: Vfs, path: string, uploadId: string): Promise<Uint8Array | undefined> {
  try {
    await using file = await vfs.open(path, "r");
    const bytes = new Uint8Array(await file.size());
    await readFull(file, bytes, 0);
    return Buffer.from(bytes.subarray(0, ID_BYTES)).toString("hex") === uploadId ? bytes : undefined;
  } catch (error) {
    if (isMillraceError(error, "FILES_NOT_FOUND")) return undefined;
    throw error;
  }
}
