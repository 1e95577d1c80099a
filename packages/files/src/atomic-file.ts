import { ClosedError, checkOneOf, IoError, resolveOptions } from "@millrace/base";
import { DURABILITIES, type Durability } from "./durability.ts";
import { baseName, joinPath, parentPath } from "./paths.ts";
import type { Vfs, VfsFile } from "./vfs.ts";

/** How an atomic write ends. */
export interface AtomicWriteOptions {
  /** What `commit` guarantees; "none" is as "os" here, since all bytes go to the kernel. @default "disk" */
  readonly durability?: Durability;
  /**
   * Opens and renames on this thread, as small bytes are written: for files of a few KiB, where handing a call to
   * another thread takes longer than the call. A disk that does not answer holds the thread up. @default false
   */
  readonly isSmall?: boolean;
}

/** What {@link AtomicWriteOptions} are when they are not given. */
export const DEFAULT_ATOMIC_WRITE_OPTIONS: Required<AtomicWriteOptions> = Object.freeze({
  durability: "disk",
  isSmall: false,
});

/** A write up to this size is made on this thread: to hand it to another takes longer. */
const SMALL_WRITE_BYTES = 16_384;

/** A durable file is synced each time that so much was added. */
const EARLY_SYNC_BYTES = 16 * 1024 * 1024;
/** Files that are synced early at a time: a sync keeps a thread of the pool, of which writes need some, too. */
const MOST_EARLY_SYNCS = 2;
let earlySyncs = 0;

/**
 * A file that appears under its name whole or not at all.
 *
 * Bytes go to a temporary file beside the target, `.<name>.<random>.tmp`; `commit` moves it over the target. Until
 * then the target is untouched. Closing without a commit aborts.
 *
 * @example
 * await using output = await AtomicFile.create(diskVfs, "report.bin");
 * await output.write(bytes);
 * await output.commit();
 */
export class AtomicFile {
  /** The name that the file gets. */
  readonly path: string;
  readonly #vfs: Vfs;
  readonly #file: VfsFile;
  readonly #options: Required<AtomicWriteOptions>;
  #position = 0;
  /** Bytes that a sync covers which was begun early. */
  #syncedBytes = 0;
  /** The one that runs. */
  #syncing: Promise<void> | undefined;
  /** Why one failed. A later one may do well: the kernel tells of lost bytes once only. */
  #syncFailure: unknown;
  #isDone = false;

  private constructor(vfs: Vfs, path: string, file: VfsFile, options: Required<AtomicWriteOptions>) {
    this.path = path;
    this.#vfs = vfs;
    this.#file = file;
    this.#options = options;
  }

  /** @throws IoError when the directory is missing or cannot be written to */
  static async create(vfs: Vfs, path: string, options?: AtomicWriteOptions): Promise<AtomicFile> {
    const resolved = resolveOptions<Required<AtomicWriteOptions>>(
      "files",
      DEFAULT_ATOMIC_WRITE_OPTIONS,
      options,
    );
    checkOneOf("files", "durability", resolved.durability, DURABILITIES);
    const temporary = joinPath(parentPath(path), temporaryName(path));
    try {
      const file = resolved.isSmall ? vfs.openSync(temporary, "create") : await vfs.open(temporary, "create");
      return new AtomicFile(vfs, path, file, resolved);
    } catch (error) {
      throwNaming(path, temporary, error);
    }
  }

  /** The temporary file, to write to at any position; do not close it. */
  get file(): VfsFile {
    this.#checkOpen();
    return this.#file;
  }

  /** Appends behind what earlier calls of this method wrote. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    const position = this.#position;
    this.#position += bytes.length;
    try {
      if (bytes.length <= SMALL_WRITE_BYTES) this.#file.writeSync(bytes, position);
      else await this.#file.write(bytes, position);
    } catch (error) {
      throwNaming(this.path, this.#file.path, error);
    }
    if (this.#options.durability === "disk" && this.#position - this.#syncedBytes >= EARLY_SYNC_BYTES) {
      this.#syncEarly();
    }
  }

  /** Has the disk begin with what is there, while more is written: `commit` has less to wait for. */
  #syncEarly(): void {
    if (this.#syncing !== undefined || earlySyncs === MOST_EARLY_SYNCS) return;
    earlySyncs++;
    this.#syncedBytes = this.#position;
    this.#syncing = this.#file
      .sync()
      .catch((error: unknown) => {
        this.#syncFailure ??= error;
      })
      .finally(() => {
        earlySyncs--;
        this.#syncing = undefined;
      });
  }

  /**
   * Puts the file in place of the target.
   * @throws IoError when the disk refuses; the temporary file is gone then, and the target is as before, unless
   *   the very last step failed, the directory's sync: then it is the new one, but may not survive a power loss
   */
  async commit(): Promise<void> {
    this.#checkOpen();
    this.#isDone = true;
    try {
      if (this.#options.durability === "disk") {
        await this.#syncing;
        if (this.#syncFailure !== undefined) throw this.#syncFailure;
        await this.#file.sync();
      }
      if (this.#position <= SMALL_WRITE_BYTES) this.#file.closeSync();
      else await this.#file.close();
      if (this.#options.isSmall) this.#vfs.renameSync(this.#file.path, this.path);
      else await this.#vfs.rename(this.#file.path, this.path);
    } catch (error) {
      await this.#discard(error);
    }
    if (this.#options.durability === "disk") await this.#vfs.syncDirectory(parentPath(this.path));
  }

  /** Removes the temporary file; nothing happens after a commit or a second time. */
  async abort(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    await this.#file.close();
    await this.#vfs.remove(this.#file.path);
  }

  /** As {@link abort}. */
  close(): Promise<void> {
    return this.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  /** Cleans up after `error` and throws it: a second error of the clean-up would only hide the first. */
  async #discard(error: unknown): Promise<never> {
    await this.#file.close().catch(() => {});
    await this.#vfs.remove(this.#file.path).catch(() => {});
    throwNaming(this.path, this.#file.path, error);
  }

  #checkOpen(): void {
    if (this.#isDone) throw new ClosedError("FILES_ATOMIC_CLOSED", `the atomic write of ${this.path}`);
  }
}

/** Throws an error of the temporary file as one of the target, which is the name that the caller knows. */
function throwNaming(target: string, temporary: string, error: unknown): never {
  if (!(error instanceof IoError) || error.path !== temporary) throw error;
  const problem = error.message.slice(temporary.length + 2);
  throw new IoError(error.code, target, error.syscall, problem, { cause: error });
}

/**
 * Writes a whole file atomically: readers see the old content or the new one, a crash too.
 *
 * @param content - all of it, or chunks in order
 * @throws whatever `content` or the file system throws; the target is as before then
 * @example
 * await atomicWrite(diskVfs, "state.json", new TextEncoder().encode("{}"));
 */
export async function atomicWrite(
  vfs: Vfs,
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options?: AtomicWriteOptions,
): Promise<void> {
  await using output = await AtomicFile.create(vfs, path, options);
  if (content instanceof Uint8Array) await output.write(content);
  else for await (const chunk of content) await output.write(chunk);
  await output.commit();
}

const TEMPORARY_NAME = /^\..+\.[0-9a-f]{16}\.tmp$/;

/**
 * Removes the temporary files that crashed writers left in a directory. Only where no writer is at work: a living
 * one's file looks the same.
 * @returns how many were removed
 */
export async function removeStaleTemporaries(vfs: Vfs, directory: string): Promise<number> {
  let count = 0;
  for (const { name, kind } of await vfs.list(directory)) {
    if (kind !== "file" || !TEMPORARY_NAME.test(name)) continue;
    await vfs.remove(joinPath(directory, name));
    count++;
  }
  return count;
}

/** Whether a name is one of the temporary files that atomic writes make. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY_NAME.test(name);
}

/** Where something that shall become `path` is made: beside it. */
export function temporaryName(path: string): string {
  if (randomAt === RANDOM_WORDS.length) {
    crypto.getRandomValues(RANDOM_WORDS);
    randomAt = 0;
  }
  const random = RANDOM_WORDS[randomAt++]!.toString(16).padStart(16, "0");
  return `.${baseName(path)}.${random}.tmp`;
}

/** Random numbers for many names: to ask for 64 costs what asking for one does. */
const RANDOM_WORDS = new BigUint64Array(64);
let randomAt = RANDOM_WORDS.length;
