import { isMillraceError } from "@millrace/base";
import { fileError } from "./file-errors.ts";
import { joinPath } from "./paths.ts";
import type { Vfs, VfsFile, VfsLock } from "./vfs.ts";

/** Figures of a {@link TemporarySpace}, in bytes. */
export interface TemporarySpaceStatistics {
  readonly usedBytes: number;
  readonly peakBytes: number;
  /** Files that are open. */
  readonly files: number;
}

/** A file that nobody else knows of, gone when it is closed. */
export interface TemporaryFile extends AsyncDisposable {
  readonly path: string;
  /** Bytes written. */
  readonly length: number;
  /** Sets room aside for so many further bytes. @returns whether there is that much */
  reserve(bytes: number): Promise<boolean>;
  /** Appends; one call at a time. @throws IoError `FILES_NO_SPACE` */
  append(bytes: Uint8Array): Promise<void>;
  /** Fills `into` from `position` on; returns how many bytes there were. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Closes and removes it; a second call does nothing. */
  close(): Promise<void>;
}

/** Folders of ours in a directory of everybody's begin so. */
const PREFIX = ".millrace-temp-";
/** Room that a file sets aside at a time, where there is so much: the system is not asked for each append. */
const ROOM_BYTES = 16 * 1024 * 1024;
/** How often somebody who cleans up may come between the making of a folder and its lock. */
const ATTEMPTS = 5;

/** This space's own folder in one of the directories; it is there while files are open in it. */
interface Folder {
  readonly path: string;
  readonly lock: VfsLock;
}

interface Place {
  readonly directory: string;
  folder: Promise<Folder> | undefined;
  users: number;
  /** Bytes that are promised to open files and not written yet. */
  owedBytes: number;
}

/**
 * Room for files that do not outlive their use, in the first of several directories that has enough of it.
 *
 * Files lie in a folder of this space's own, under a lock: what a process that died left is known by that its lock can
 * be taken, and is removed when a directory is used first, or by {@link removeStale}.
 *
 * @example
 * const space = new TemporarySpace(diskVfs, ["/fast/scratch", "/tmp"]);
 * await using file = await space.createFile(1_000_000_000);
 */
export class TemporarySpace {
  readonly #vfs: Vfs;
  readonly #places: readonly Place[];
  readonly #swept = new Set<Place>();
  #usedBytes = 0;
  #peakBytes = 0;
  #files = 0;

  /** @param directories - the best first; one that is missing is made, one that cannot be made is passed over */
  constructor(vfs: Vfs, directories: readonly string[]) {
    this.#vfs = vfs;
    this.#places = [...new Set(directories)].map((directory) => ({
      directory,
      folder: undefined,
      users: 0,
      owedBytes: 0,
    }));
  }

  /** The figures now, as a new object. */
  get statistics(): TemporarySpaceStatistics {
    return { usedBytes: this.#usedBytes, peakBytes: this.#peakBytes, files: this.#files };
  }

  /**
   * Opens an empty file where there is room for `bytes`; they are set aside.
   * @throws IoError `FILES_NO_SPACE` naming each directory with what is wrong with it
   */
  async createFile(bytes: number): Promise<TemporaryFile> {
    const problems: string[] = [];
    for (const place of this.#places) {
      try {
        const file = await this.#createIn(place, bytes);
        if (file !== undefined) return file;
        problems.push(`${place.directory} has no room for ${bytes} bytes`);
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
    const where = this.#places.map(({ directory }) => directory).join(", ");
    throw fileError("FILES_NO_SPACE", where, "open", problems.join("; "));
  }

  /** Removes what dead processes left in the directories. @returns how many folders that were */
  async removeStale(): Promise<number> {
    let count = 0;
    for (const { directory } of this.#places) count += await removeStaleFolders(this.#vfs, directory);
    return count;
  }

  async #createIn(place: Place, bytes: number): Promise<TemporaryFile | undefined> {
    await this.#vfs.makeDirectory(place.directory);
    if (!this.#swept.has(place)) {
      this.#swept.add(place);
      await removeStaleFolders(this.#vfs, place.directory);
    }
    if (!(await this.#reserve(place, bytes))) return undefined;
    place.users++;
    let file: VfsFile;
    try {
      place.folder ??= makeFolder(this.#vfs, place.directory);
      const name = crypto.randomUUID();
      file = await this.#vfs.open(joinPath((await place.folder).path, name), "create");
    } catch (error) {
      place.owedBytes -= bytes;
      await this.#leave(place);
      throw error;
    }
    this.#files++;
    return this.#temporaryFile(place, file, bytes);
  }

  #temporaryFile(place: Place, file: VfsFile, bytes: number): TemporaryFile {
    let owedBytes = bytes;
    let length = 0;
    let isClosed = false;
    const close = async (): Promise<void> => {
      if (isClosed) return;
      isClosed = true;
      this.#usedBytes -= length;
      place.owedBytes -= owedBytes;
      this.#files--;
      await file.close();
      await this.#vfs.remove(file.path);
      await this.#leave(place);
    };
    return {
      path: file.path,
      get length() {
        return length;
      },
      reserve: async (more) => {
        if (more <= owedBytes) return true;
        for (const wanted of [Math.max(more, ROOM_BYTES), more]) {
          if (!(await this.#reserve(place, wanted - owedBytes))) continue;
          owedBytes = wanted;
          return true;
        }
        return false;
      },
      append: async (piece) => {
        await file.write(piece, length);
        length += piece.length;
        this.#usedBytes += piece.length;
        this.#peakBytes = Math.max(this.#peakBytes, this.#usedBytes);
        const paid = Math.min(owedBytes, piece.length);
        owedBytes -= paid;
        place.owedBytes -= paid;
      },
      read: (into, position) => file.read(into, position),
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  async #reserve(place: Place, bytes: number): Promise<boolean> {
    place.owedBytes += bytes;
    const free = await this.#vfs.freeBytes(place.directory);
    if (free === undefined || free >= place.owedBytes) return true;
    place.owedBytes -= bytes;
    return false;
  }

  /** The last to leave removes the folder. */
  async #leave(place: Place): Promise<void> {
    place.users--;
    if (place.users > 0) return;
    const { folder } = place;
    place.folder = undefined;
    // One that could not be made is not there to be removed.
    const made = await folder?.catch(() => undefined);
    if (made === undefined) return;
    await made.lock.release();
    await removeFolder(this.#vfs, made.path);
  }
}

async function makeFolder(vfs: Vfs, directory: string): Promise<Folder> {
  for (let attempt = 1; ; attempt++) {
    const path = joinPath(directory, PREFIX + crypto.randomUUID());
    await vfs.makeDirectory(path);
    try {
      return { path, lock: await vfs.lock(joinPath(path, "lock")) };
    } catch (error) {
      const isTaken = isMillraceError(error, "FILES_NOT_FOUND") || isMillraceError(error, "FILES_LOCKED");
      if (!isTaken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function removeStaleFolders(vfs: Vfs, directory: string): Promise<number> {
  if (!(await vfs.exists(directory))) return 0;
  let count = 0;
  for (const { name, kind } of await vfs.list(directory)) {
    if (kind !== "directory" || !name.startsWith(PREFIX)) continue;
    const path = joinPath(directory, name);
    let lock: VfsLock;
    try {
      lock = await vfs.lock(joinPath(path, "lock"));
    } catch (error) {
      // Its owner is alive, or is just removing it; or it belongs to another user, who has to see to it.
      if (isMillraceError(error)) continue;
      throw error;
    }
    // Under the lock: somebody who has just made the folder must not get it in between.
    await removeFolder(vfs, path);
    await lock.release();
    count++;
  }
  return count;
}

/** Whoever else removed it first did no harm. */
async function removeFolder(vfs: Vfs, path: string): Promise<void> {
  try {
    await vfs.remove(path, { recursive: true });
  } catch (error) {
    if (!isMillraceError(error, "FILES_NOT_FOUND")) throw error;
  }
}
