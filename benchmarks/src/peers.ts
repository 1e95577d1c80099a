import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const PEERS = fileURLToPath(new URL("../peers/", import.meta.url));

/** The interpreter that has the peers in Python; missing where they could not be installed. */
export const PYTHON: string = `${PEERS}.venv/${process.platform === "win32" ? "Scripts/python.exe" : "bin/python"}`;

/** A peer is not installed; the report says "not run". */
export class PeerMissingError extends Error {
  constructor(name: string, cause: unknown) {
    super(`${name} is not installed`, { cause });
    this.name = "PeerMissingError";
  }
}

/**
 * Installs the peers into their own workspace, once. Fails softly: a peer that is not there is reported as not run.
 */
export function installPeers(): void {
  if (!existsSync(`${PEERS}node_modules`)) install("the peers", "pnpm install --frozen-lockfile");
  const wanted = readFileSync(`${PEERS}requirements.txt`, "utf8");
  const installed = `${PEERS}.venv/requirements.txt`;
  if (existsSync(installed) && readFileSync(installed, "utf8") === wanted) return;
  const python = process.platform === "win32" ? "python" : "python3";
  install(
    "the peers in Python",
    `${python} -m venv .venv && "${PYTHON}" -m pip install --quiet --disable-pip-version-check -r requirements.txt`,
  );
  if (existsSync(PYTHON)) writeFileSync(installed, wanted);
}

function install(what: string, command: string): void {
  process.stderr.write(`installing ${what} into benchmarks/peers …\n`);
  // The shell finds pnpm's own launcher on every system.
  spawnSync(command, { cwd: PEERS, stdio: ["ignore", "ignore", "inherit"], shell: true });
}

/**
 * Imports a peer, or a file inside of it ("hyparquet/src/delta.js").
 * @returns its module, as the caller describes it
 * @throws PeerMissingError when it is not installed or cannot be loaded
 */
export async function importPeer<T>(name: string): Promise<T> {
  try {
    const [scope, ...rest] = name.startsWith("@") ? name.split(/(?<=^@[^/]+\/[^/]+)\//) : name.split("/");
    const isFile = rest.length > 0 && rest.at(-1)!.endsWith(".js");
    const path = isFile ? `${PEERS}node_modules/${scope}/${rest.join("/")}` : resolve(name);
    return (await import(pathToFileURL(path).href)) as T;
  } catch (error) {
    throw new PeerMissingError(name, error);
  }
}

/** The file that `import "name"` means from inside the peers' workspace. */
function resolve(name: string): string {
  const require = createRequire(`${PEERS}package.json`);
  try {
    return require.resolve(name);
  } catch (error) {
    // Packages for `import` only: their manifest says where they begin.
    const manifest: unknown = JSON.parse(
      JSON.stringify(require(`${PEERS}node_modules/${name}/package.json`)),
    );
    const entry = entryOf((manifest as { exports?: unknown }).exports);
    if (entry === undefined) throw error;
    return `${PEERS}node_modules/${name}/${entry}`;
  }
}

/** The first file under the conditions "import", "node" or "default" of an `exports` field. */
function entryOf(exports: unknown): string | undefined {
  if (typeof exports === "string") return exports;
  if (exports === null || typeof exports !== "object") return undefined;
  const conditions = exports as Record<string, unknown>;
  for (const key of [".", "import", "node", "default"]) {
    const entry = entryOf(conditions[key]);
    if (entry !== undefined) return entry;
  }
  return undefined;
}
