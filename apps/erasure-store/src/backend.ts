import type { ByteSource } from "@millrace/files";
import type { BackendPace } from "./backend-pace.ts";
import type { Trait } from "./probe.ts";

/** The folders of a backend. */
export type Area = "manifests" | "shards";

/** A value that is being written and appears whole, or not at all. */
export interface BackendWriter {
  /** Appends; several calls may be under way, they count in the order in which they were made. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the value appear in place of what was under its key; it survives a power loss then. */
  commit(): Promise<void>;
  /** Leaves nothing behind; after a commit it does nothing. */
  abort(): Promise<void>;
  /** As abort, but leaves what is stored of it to a writer that resumes; absent where a backend knows no parts. */
  suspend?(): Promise<void>;
}

/** A value that was begun: a temporary file, an upload in parts. */
export interface HalfWritten {
  readonly name: string;
  remove(): Promise<void>;
}

/** A value that is read. */
export interface BackendSource extends ByteSource {
  /** Whether the server was seen to send all of a value of which a part was asked for. */
  readonly ignoresRanges?: boolean;
  /** What tells this value from others under its key, where the backend has such a thing (ETag). */
  readonly version?: string;
}

/** How a value is begun. */
export interface CreateOptions {
  /** Goes on with what an earlier writer of the same bytes has stored of it. @default false */
  readonly isResumed?: boolean;
  /**
   * The version whose place it takes, null where there is no value: where the backend knows conditions, a commit fails
   * with `STORE_VALUE_CHANGED` when somebody else came between. @default whatever is there
   */
  readonly replaces?: string | null | undefined;
}

/** One place that can be lost by itself: a directory on a disk of its own, later a bucket. */
export interface ShardBackend {
  /** Its name in the configuration. */
  readonly name: string;
  /** How fast it answers, where that is worth knowing: of servers, and of what is limited. */
  readonly pace?: BackendPace;
  /** @throws IoError when the backend is not there */
  check(): Promise<void>;
  /** Makes what the backend needs, at `init`. */
  prepare(): Promise<void>;
  /** Whether its writers can be resumed, and so a put is worth a note. */
  readonly canResume?: boolean;
  create(area: Area, key: string, options?: CreateOptions): Promise<BackendWriter>;
  /**
   * Opens a value for reads of ranges.
   * @param signal - ends the waiting for a server; directories do not look at it
   * @throws IoError `FILES_NOT_FOUND` where there is none
   */
  open(area: Area, key: string, signal?: AbortSignal): Promise<BackendSource>;
  /** Finds out what a server honours; absent for directories, which honour all. */
  probe?(): Promise<Trait[]>;
  /** Whether its lock is known not to keep others out. */
  readonly isLockVain?: boolean;
  /** Whether there is a value, or with the key "" the area itself, where that can be told without asking a server. */
  isThere?(area: Area, key: string): boolean;
  /** The keys of an area, sorted. */
  list(area: Area): Promise<string[]>;
  /** What writers have begun and not ended: of those that were killed, while nobody writes. */
  halfWritten(): Promise<HalfWritten[]>;
  /** Removes a value; fine when there is none. */
  remove(area: Area, key: string): Promise<void>;
  /** Keeps other writers of this store out. @throws IoError `FILES_LOCKED` while one is at work */
  lock(): Promise<AsyncDisposable>;
}
