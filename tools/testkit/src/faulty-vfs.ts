import { type SeededRandom, seededRandom } from "@millrace/base";
import {
  baseName,
  fileError,
  joinPath,
  type OpenFlags,
  parentPath,
  type Vfs,
  type VfsEntry,
  type VfsFile,
  type VfsLock,
  type VfsStat,
} from "@millrace/files";
import { FaultyContent } from "./faulty-vfs-content.ts";
import { FaultyFile, plannedError, someTurns } from "./faulty-vfs-file.ts";
import { CHANGING_CALLS, type Fault, FaultPlan, type FaultyCall } from "./faulty-vfs-plan.ts";

type Entry = FaultyContent | "directory";
/** One change of names; `entry` undefined: `path` was removed. A rename also takes `from` away. */
interface NameChange {
  readonly path: string;
  readonly entry: Entry | undefined;
  readonly from?: string;
}

/** How much of what was not synced survives {@link FaultyVfs.crash}. */
export interface CrashOptions {
  /** Chance of each sector and name: 0 loses all, 1 keeps all (as a killed process does). Drawn when left out. */
  readonly survival?: number;
}

/**
 * A disk in memory that fails on purpose, the same way for the same seed.
 *
 * Writes are volatile until `sync`, names until `syncDirectory`. {@link crash} gives the disk as it may be found
 * after a power failure: of all unsynced 512-byte sectors, sizes and names any subset has survived. Renaming
 * directories is not modelled.
 *
 * @example
 * const vfs = new FaultyVfs(7);
 * const file = await vfs.open("a", "create");
 * await file.write(new Uint8Array([1]), 0);
 * const after = vfs.crash(seededRandom(1), { survival: 0 });
 * await after.exists("a"); // false: neither its name nor its bytes were synced
 */
export class FaultyVfs implements Vfs {
  readonly #random: SeededRandom;
  readonly #plan = new FaultPlan();
  readonly #live: Map<string, Entry>;
  readonly #durable: Map<string, Entry>;
  /** Changes of names that no syncDirectory has made durable yet, oldest first. */
  #pending: NameChange[] = [];
  readonly #locks = new Set<string>();

  constructor(seed: number, entries: ReadonlyMap<string, FaultyContent | "directory"> = new Map()) {
    this.#random = seededRandom(seed);
    this.#live = new Map(entries);
    this.#durable = new Map(entries);
  }

  /** Plans a failure. A failed write may be done in part; after a failed sync the lost pages count as clean. */
  failNth(fault: Fault): void {
    this.#plan.failNth(fault);
  }

  /** Lets `calls` more changing calls pass; during the next one the power goes, and all later ones fail. */
  haltAfter(calls: number): void {
    this.#plan.haltAfter(calls);
  }

  get isHalted(): boolean {
    return this.#plan.isHalted;
  }

  /** How often a call was made so far, failed ones included. */
  callCount(call: FaultyCall): number {
    return this.#plan.count(call);
  }

  /** How many calls that change the disk were made so far: those that {@link haltAfter} counts. */
  get changingCallCount(): number {
    return CHANGING_CALLS.reduce((sum, call) => sum + this.#plan.count(call), 0);
  }

  /** Turns the power off, and returns the disk as it comes up again; may be asked for several outcomes. */
  crash(random: SeededRandom, options: CrashOptions = {}): FaultyVfs {
    this.#plan.halt();
    const survival = options.survival ?? [0, 0.1, 0.5, 0.9, 1, random.next()][random.nextInt(0, 5)]!;
    const names = new Map(this.#durable);
    // Half the time as a journal does it, a beginning of the changes; else any subset, which POSIX allows.
    const isJournal = options.survival === undefined && random.next() < 0.5;
    const journaled = random.nextInt(0, this.#pending.length);
    for (const [i, change] of this.#pending.entries()) {
      if (isJournal ? i < journaled : random.next() < survival) apply(names, change);
    }
    const images = new Map<string, FaultyContent | "directory">();
    for (const path of [...names.keys()].sort()) {
      const parent = parentPath(path);
      if (parent !== "." && images.get(parent) !== "directory") continue;
      const entry = names.get(path)!;
      images.set(path, entry === "directory" ? entry : entry.afterCrash(random, survival));
    }
    return new FaultyVfs(random.nextU32(), images);
  }

  async open(given: string, flags: OpenFlags): Promise<VfsFile> {
    await someTurns(this.#random);
    return this.openSync(given, flags);
  }

  openSync(given: string, flags: OpenFlags): VfsFile {
    const path = this.#enter("open", given);
    const found = this.#live.get(path);
    if (path === "." || found === "directory") throw fileError("FILES_IS_DIRECTORY", given, "open");
    if (found !== undefined && flags === "create") throw fileError("FILES_EXISTS", given, "open");
    if (found === undefined && (flags === "r" || flags === "r+")) {
      throw this.#missing(path, given, "open");
    }
    this.#needDirectory(parentPath(path), given, "open");
    const content = found ?? new FaultyContent();
    if (found === undefined) this.#change({ path, entry: content });
    else if (flags === "create-or-truncate") content.truncate(0);
    return new FaultyFile(given, content, flags === "r", this.#plan, this.#random);
  }

  async rename(givenFrom: string, givenTo: string): Promise<void> {
    await someTurns(this.#random);
    return this.renameSync(givenFrom, givenTo);
  }

  renameSync(givenFrom: string, givenTo: string): void {
    const from = this.#enter("rename", givenFrom);
    const to = normalize(givenTo);
    const entry = this.#live.get(from);
    if (entry === undefined) throw this.#missing(from, givenFrom, "rename");
    if (entry === "directory") throw fileError("FILES_IS_DIRECTORY", givenFrom, "rename", "not modelled");
    if (this.#live.get(to) === "directory") throw fileError("FILES_IS_DIRECTORY", givenTo, "rename");
    this.#needDirectory(parentPath(to), givenTo, "rename");
    if (from !== to) this.#change({ path: to, entry, from });
  }

  async remove(given: string, options: { readonly recursive?: boolean } = {}): Promise<void> {
    await someTurns(this.#random);
    return this.removeSync(given, options);
  }

  removeSync(given: string, options: { readonly recursive?: boolean } = {}): void {
    const path = this.#enter("remove", given);
    if (!this.#live.has(path)) throw this.#missing(path, given, "remove");
    const inside = [...this.#live.keys()].filter((other) => other.startsWith(`${path}/`)).sort();
    if (inside.length > 0 && options.recursive !== true) throw fileError("FILES_NOT_EMPTY", given, "remove");
    for (const other of inside.reverse()) this.#change({ path: other, entry: undefined });
    this.#change({ path, entry: undefined });
  }

  async list(given: string): Promise<VfsEntry[]> {
    await someTurns(this.#random);
    const path = this.#enter("list", given);
    this.#needDirectory(path, given, "list");
    const entries: VfsEntry[] = [];
    for (const [other, entry] of this.#live) {
      if (parentPath(other) !== path) continue;
      entries.push({ name: baseName(other), kind: entry === "directory" ? "directory" : "file" });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async stat(given: string): Promise<VfsStat> {
    await someTurns(this.#random);
    const path = this.#enter("stat", given);
    const entry = path === "." ? "directory" : this.#live.get(path);
    if (entry === undefined) throw this.#missing(path, given, "stat");
    if (entry === "directory") return { kind: "directory", size: 0, modifiedMs: 0 };
    return { kind: "file", size: entry.size, modifiedMs: 0 };
  }

  async exists(given: string): Promise<boolean> {
    await someTurns(this.#random);
    return this.existsSync(given);
  }

  existsSync(given: string): boolean {
    const path = this.#enter("stat", given);
    return path === "." || this.#live.has(path);
  }

  async makeDirectory(given: string): Promise<void> {
    await someTurns(this.#random);
    return this.makeDirectorySync(given);
  }

  makeDirectorySync(given: string): void {
    const path = this.#enter("makeDirectory", given);
    let made = ".";
    for (const part of path === "." ? [] : path.split("/")) {
      made = joinPath(made, part);
      const entry = this.#live.get(made);
      if (entry === undefined) this.#change({ path: made, entry: "directory" });
      else if (entry !== "directory") throw fileError("FILES_EXISTS", given, "makeDirectory");
    }
  }

  async syncDirectory(given: string): Promise<void> {
    await someTurns(this.#random);
    return this.syncDirectorySync(given);
  }

  syncDirectorySync(given: string): void {
    const path = this.#enter("syncDirectory", given);
    this.#needDirectory(path, given, "syncDirectory");
    const rest: NameChange[] = [];
    for (const change of this.#pending) {
      const isHere = parentPath(change.path) === path;
      if (isHere || (change.from !== undefined && parentPath(change.from) === path))
        apply(this.#durable, change);
      else rest.push(change);
    }
    this.#pending = rest;
  }

  async freeBytes(_path: string): Promise<number | undefined> {
    return undefined;
  }

  /** Gone after a crash, as the process is. */
  async lock(given: string): Promise<VfsLock> {
    await someTurns(this.#random);
    const path = this.#enter("lock", given);
    this.#needDirectory(parentPath(path), given, "lock");
    if (this.#locks.has(path)) throw fileError("FILES_LOCKED", given, "lock");
    this.#locks.add(path);
    let isHeld = true;
    const release = async (): Promise<void> => {
      if (isHeld) this.#locks.delete(path);
      isHeld = false;
    };
    return { path: given, release, [Symbol.asyncDispose]: release };
  }

  #enter(call: FaultyCall, given: string): string {
    const fault = this.#plan.next(call, given);
    if (fault !== undefined) throw plannedError(fault, given, call);
    return normalize(given);
  }

  #change(change: NameChange): void {
    apply(this.#live, change);
    this.#pending.push(change);
  }

  #needDirectory(path: string, given: string, call: FaultyCall): void {
    if (path === "." || this.#live.get(path) === "directory") return;
    if (this.#live.has(path)) throw fileError("FILES_NOT_DIRECTORY", given, call);
    throw this.#missing(path, given, call);
  }

  /** Not found, or not a directory where a file stands in the way. */
  #missing(path: string, given: string, call: FaultyCall): Error {
    for (let above = parentPath(path); above !== "."; above = parentPath(above)) {
      const entry = this.#live.get(above);
      if (entry !== undefined && entry !== "directory") return fileError("FILES_NOT_DIRECTORY", given, call);
    }
    return fileError("FILES_NOT_FOUND", given, call);
  }
}

function apply(names: Map<string, Entry>, change: NameChange): void {
  if (change.from !== undefined && names.get(change.from) === change.entry) names.delete(change.from);
  if (change.entry === undefined) names.delete(change.path);
  else names.set(change.path, change.entry);
}

function normalize(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 ? "." : parts.join("/");
}
