import { randomUUID } from "node:crypto";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileError, toFileError } from "./file-errors.ts";
import type { VfsLock } from "./vfs.ts";

/** What a lock file holds, as JSON: enough to tell a living owner from a pid that was given out again. */
interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** Start of the process in clock ticks since boot, and the boot's id; empty where /proc is missing. */
  readonly started: string;
  /** Tells two threads of one process apart. */
  readonly thread: string;
  /** Tells two locks of one thread apart. */
  readonly token: string;
}

const THREAD = randomUUID();
/** Tokens of this thread's locks that were not released. */
const heldTokens = new Set<string>();
/** Locks beside which this thread has looked for what dead processes left. */
const sweptPaths = new Set<string>();

/**
 * Takes the lock file at `path` for this process, or throws `FILES_LOCKED`.
 *
 * The file appears by `link`, with its content, in one step. A file whose owner on this host is gone is taken
 * over: it is moved aside first, and put back if it turns out that somebody else took it over in between. An
 * owner on another host counts as alive. A file of this thread whose lock was released while its disk was away does not
 * count either. All calls are synchronous, so that the steps lie close together.
 */
export async function takeDiskLock(path: string): Promise<VfsLock> {
  const owner: LockOwner = {
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid),
    thread: THREAD,
    token: randomUUID(),
  };
  const text = JSON.stringify(owner);
  const temporary = `${path}.${owner.token}.tmp`;
  try {
    if (!sweptPaths.has(path)) removeLeftovers(path);
    sweptPaths.add(path);
    writeFileSync(temporary, text, { flag: "wx" });
    try {
      while (!tryLink(temporary, path)) removeStale(path);
    } finally {
      unlinkSync(temporary);
    }
  } catch (error) {
    throw toFileError(error, path, "lock");
  }
  heldTokens.add(owner.token);
  return diskLock(path, text, owner.token);
}

function diskLock(path: string, text: string, token: string): VfsLock {
  const release = async (): Promise<void> => {
    // Also where the file cannot be removed, since its disk is gone: it does not count when it comes back.
    if (!heldTokens.delete(token)) return;
    try {
      if (readIfThere(path) === text) unlinkSync(path);
    } catch (error) {
      throw toFileError(error, path, "unlock");
    }
  };
  return { path, release, [Symbol.asyncDispose]: release };
}

/** Removes the lock file when its owner is gone; throws `FILES_LOCKED` when it lives. */
function removeStale(path: string): void {
  const text = readIfThere(path);
  if (text === undefined) return;
  const owner = parseOwner(text);
  if (owner === undefined) {
    throw fileError("FILES_LOCKED", path, "lock", "the lock file is unreadable; remove it if nobody uses it");
  }
  if (isAlive(owner)) {
    const who = `process ${owner.pid} on ${owner.host}`;
    throw fileError("FILES_LOCKED", path, "lock", `${who} holds it; if that is gone, remove this file`);
  }
  const aside = `${path}.${randomUUID()}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readIfThere(aside) !== text) tryLink(aside, path);
  unlinkSync(aside);
}

/** A process that was killed before its lock had its name left a file, which nobody else touches. */
function removeLeftovers(path: string): void {
  const directory = dirname(path);
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith(".tmp")) continue;
    const leftover = join(directory, name);
    const owner = parseOwner(readIfThere(leftover) ?? "");
    if (owner !== undefined && !isAlive(owner)) rmSync(leftover, { force: true });
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<LockOwner> | null;
    if (typeof owner?.pid !== "number" || typeof owner.host !== "string") return undefined;
    const { pid, host, started = "", thread = "", token = "" } = owner;
    return { pid, host, started, thread, token };
  } catch {
    // Not JSON: a foreign or damaged file; the caller says so.
    return undefined;
  }
}

function isAlive(owner: LockOwner): boolean {
  if (owner.host !== hostname()) return true;
  if (owner.thread === THREAD) return heldTokens.has(owner.token);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return owner.started === startOf(owner.pid);
}

/** Field 22 of /proc/PID/stat (proc(5)) with the boot's id; the command name before it may hold spaces. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}@${boot}`;
  } catch {
    // No /proc here (macOS, Windows): the pid alone has to do, and equal empty texts count as the same process.
    return "";
  }
}
