import { isMillraceError } from "@millrace/base";
import { atomicWrite, fileSource, joinPath, readSourceFull, type VfsLock } from "@millrace/files";
import { readManifests } from "./manifests.ts";
import type { Upload } from "./new-upload.ts";
import { hasNotes, SegmentNotes } from "./segment-notes.ts";
import type { StoreContext } from "./store-context.ts";

/** What a put of a file notes, so that another can go on where it was stopped. */
interface UploadRecord {
  readonly format: string;
  readonly version: number;
  readonly source: SourceIdentity;
  readonly upload: Upload;
}

/** By what a file is known to be the same as before. */
interface SourceIdentity {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

const FORMAT = "millrace-store-upload";
const VERSION = 1;
const MAX_RECORD_BYTES = 1024 * 1024;

/**
 * The note of one put: which upload it is. What of it is stored is asked of the servers.
 *
 * It lies beside the configuration, in `<configuration>.uploads/`, from the first byte to the commit.
 */
export class UploadJournal implements AsyncDisposable {
  /** The put before that was stopped, of the same file. */
  readonly earlier: Upload | undefined;
  readonly #context: StoreContext;
  readonly #path: string;
  readonly #source: SourceIdentity;
  readonly #lock: VfsLock;
  #isBegun = false;

  private constructor(
    context: StoreContext,
    path: string,
    source: SourceIdentity,
    lock: VfsLock,
    earlier: Upload | undefined,
  ) {
    this.#context = context;
    this.#path = path;
    this.#source = source;
    this.#lock = lock;
    this.earlier = earlier;
  }

  /**
   * Holds the note until it is disposed of: two puts that went on with one upload would take back each other's shards.
   * @returns undefined for what cannot go on: a stream, a store without buckets, or one whose configuration is no file
   * @throws IoError `FILES_LOCKED` when another put is at the object, and this one is to go on
   */
  static async open(
    context: StoreContext,
    key: string,
    input: unknown,
    isResumed: boolean,
  ): Promise<UploadJournal | undefined> {
    const { vfs, backends, uploadsDirectory: directory } = context;
    const canResume = backends.some((backend) => backend.canResume === true);
    if (typeof input !== "string" || directory === undefined || !canResume) return undefined;
    const { size: bytes, modifiedMs } = await vfs.stat(input);
    const source = { path: input, bytes, modifiedMs };
    const path = joinPath(directory, `${key}.json`);
    await vfs.makeDirectory(directory);
    let lock: VfsLock;
    try {
      lock = await vfs.lock(`${path}.lock`);
    } catch (error) {
      if (isResumed || !isMillraceError(error, "FILES_LOCKED")) throw error;
      return undefined;
    }
    try {
      const earlier = isResumed ? await earlierUpload(context, key, path, source) : undefined;
      return new UploadJournal(context, path, source, lock, earlier);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** The notes of what is encrypted under the key of an object. */
  segmentNotes(upload: Upload, objectKeyBytes: Uint8Array): Promise<SegmentNotes> {
    return SegmentNotes.open(this.#context.vfs, notesPath(this.#path), upload.uploadId, objectKeyBytes);
  }

  async begin(upload: Upload): Promise<void> {
    this.#isBegun = true;
    const record: UploadRecord = { format: FORMAT, version: VERSION, source: this.#source, upload };
    const bytes = new TextEncoder().encode(JSON.stringify(record));
    await atomicWrite(this.#context.vfs, this.#path, bytes, { durability: "os" });
  }

  /** The put is committed, or all of it is taken back. */
  async end(): Promise<void> {
    await removeIfThere(this.#context, this.#path);
    await removeIfThere(this.#context, notesPath(this.#path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // A small object is encrypted, too, and then not put in parts.
      if (!this.#isBegun && this.earlier === undefined)
        await removeIfThere(this.#context, notesPath(this.#path));
    } finally {
      await this.#lock.release();
    }
  }
}

/** Beside the note itself. */
function notesPath(path: string): string {
  return path.replace(/\.json$/, ".segments");
}

async function removeIfThere({ vfs }: StoreContext, path: string): Promise<void> {
  try {
    await vfs.remove(path);
  } catch (error) {
    if (!isMillraceError(error, "FILES_NOT_FOUND")) throw error;
  }
}

async function earlierUpload(
  context: StoreContext,
  key: string,
  path: string,
  source: SourceIdentity,
): Promise<Upload | undefined> {
  const record = await readRecord(context, path);
  if (JSON.stringify(record?.source) !== JSON.stringify(source)) return undefined;
  const { uploadId, coding } = record!.upload;
  if (coding.encryption !== null && !(await hasNotes(context.vfs, notesPath(path), uploadId)))
    return undefined;
  // A put that was stopped behind its commit: its shards are the object, and not to be taken back by a further one.
  const { newest } = await readManifests(context.backends, key);
  return newest?.uploadId === uploadId ? undefined : record?.upload;
}

/** A record that is damaged, or of another version, is as none: the put begins anew. */
async function readRecord({ vfs }: StoreContext, path: string): Promise<UploadRecord | undefined> {
  if (!(await vfs.exists(path))) return undefined;
  await using source = await fileSource(vfs, path);
  if (source.size > MAX_RECORD_BYTES) return undefined;
  const bytes = new Uint8Array(source.size);
  await readSourceFull(source, bytes, 0);
  try {
    const record = JSON.parse(new TextDecoder().decode(bytes)) as UploadRecord;
    return record.format === FORMAT && record.version === VERSION ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
