import { execFileSync } from "node:child_process";
import { cpus, hostname, release, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256Hex } from "@millrace/compress";
import { diskVfs, readFullSync } from "@millrace/files";

/** What git says of the working directory. */
export interface GitState {
  readonly commit: string;
  readonly branch: string;
  /** Whether tracked files differ from the commit. */
  readonly isDirty: boolean;
}

/** One source file as it was when the run began. */
export interface CodeFile {
  readonly path: string;
  readonly text: string;
}

/** A repository so large that git takes longer is recorded without its state. */
const GIT_TIMEOUT_MS = 2000;
/** A larger script is a bundle, no source that a person wrote. */
const MAX_ENTRY_CHARACTERS = 4 * 1024 * 1024;
const LOCKFILES = ["pnpm-lock.yaml", "package-lock.json", "yarn.lock", "bun.lock"] as const;

/** The machine and the program that record, as attributes of `/runtime`. */
export function readRuntime(): Record<string, string | number> {
  const processors = cpus();
  const lockfile = findLockfile(process.cwd());
  return {
    node: process.version,
    v8: process.versions.v8,
    platform: process.platform,
    os_release: release(),
    arch: process.arch,
    cpu: processors[0]?.model ?? "unknown",
    cpu_count: processors.length,
    memory_bytes: totalmem(),
    host: hostname(),
    pid: process.pid,
    cwd: process.cwd(),
    argv: JSON.stringify(process.argv),
    exec_argv: JSON.stringify(process.execArgv),
    packages: JSON.stringify(packageVersions()),
    ...(lockfile === undefined ? {} : { lockfile: lockfile.path, lockfile_sha256: lockfile.sha256 }),
  };
}

/** The state of the git repository around a directory; undefined outside of one, or without git. */
export function readGitState(directory: string): GitState | undefined {
  let text: string;
  try {
    text = execFileSync("git", ["status", "--porcelain=v2", "--branch", "--untracked-files=no"], {
      cwd: directory,
      timeout: GIT_TIMEOUT_MS,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      stdio: ["ignore", "pipe", "ignore"],
      // Asking must not take the lock that a git of the user's may want.
      env: { ...process.env, GIT_OPTIONAL_LOCKS: "0" },
    });
  } catch {
    // No git, no repository, or too slow: provenance is a help, and must not stop an experiment.
    return undefined;
  }
  const lines = text.split("\n");
  const fact = (name: string): string =>
    lines.find((line) => line.startsWith(`# ${name} `))?.slice(name.length + 3) ?? "";
  return {
    commit: fact("branch.oid"),
    branch: fact("branch.head"),
    isDirty: lines.some((line) => line !== "" && !line.startsWith("#")),
  };
}

/**
 * The sources that a snapshot keeps.
 * @param which - "entry" for the script that node was started with, where there is one; or files
 * @throws IoError when a file that was named cannot be read
 */
export function readCode(which: "entry" | "none" | readonly string[]): CodeFile[] {
  if (which === "none") return [];
  if (which !== "entry") return which.map((path) => ({ path: resolve(path), text: readText(path) }));
  const entry = process.argv[1];
  if (entry === undefined || !diskVfs.existsSync(entry)) return [];
  try {
    const text = readText(entry);
    return text.length > MAX_ENTRY_CHARACTERS ? [] : [{ path: resolve(entry), text }];
  } catch {
    // Nobody asked for this very file: a directory is left out.
    return [];
  }
}

/** The packages that recording is done by. */
const OWN_PACKAGES = [
  "@millrace/base",
  "@millrace/buffers",
  "@millrace/compress",
  "@millrace/files",
  "@millrace/hdf5",
  "@millrace/snn-export",
  "@millrace/stream",
  "h5wasm",
] as const;

/** The versions of {@link OWN_PACKAGES} as they are installed; one that cannot be found out is left out. */
function packageVersions(): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of OWN_PACKAGES) {
    const version = versionOf(name);
    if (version !== undefined) versions[name] = version;
  }
  return versions;
}

function versionOf(name: string): string | undefined {
  try {
    // The manifest is above the entry: it is seldom among what a package exports.
    let directory = dirname(fileURLToPath(import.meta.resolve(name)));
    for (; dirname(directory) !== directory; directory = dirname(directory)) {
      const path = join(directory, "package.json");
      if (!diskVfs.existsSync(path)) continue;
      const manifest = JSON.parse(readText(path)) as { readonly name?: unknown; readonly version?: unknown };
      if (manifest.name === name && typeof manifest.version === "string") return manifest.version;
    }
  } catch {
    // A bundle has no packages: provenance is a help, and must not stop an experiment.
  }
  return undefined;
}

/** The nearest lockfile upwards, with the SHA-256 of its bytes. */
function findLockfile(start: string): { readonly path: string; readonly sha256: string } | undefined {
  for (let directory = start; ; directory = dirname(directory)) {
    for (const name of LOCKFILES) {
      const path = join(directory, name);
      if (diskVfs.existsSync(path)) return { path, sha256: sha256Hex(readBytes(path)) };
    }
    if (dirname(directory) === directory) return undefined;
  }
}

function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}

function readBytes(path: string): Uint8Array {
  const file = diskVfs.openSync(path, "r");
  try {
    const bytes = new Uint8Array(file.sizeSync());
    readFullSync(file, bytes, 0);
    return bytes;
  } finally {
    file.closeSync();
  }
}
