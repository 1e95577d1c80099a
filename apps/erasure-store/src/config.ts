import {
  checkInteger,
  checkOneOf,
  InvalidArgumentError,
  isMillraceError,
  MillraceError,
  resolveOptions,
} from "@millrace/base";
import {
  atomicWrite,
  fileError,
  fileSource,
  inspectInputFile,
  joinPath,
  parentPath,
  readSourceFull,
  type Vfs,
} from "@millrace/files";
import type { CodeFamily } from "@millrace/reed-solomon";
import { parse, stringify } from "yaml";
import type { ShardBackend } from "./backend.ts";
import { DirectoryBackend } from "./directory-backend.ts";
import { CODE_FAMILIES } from "./engines.ts";
import { checkPlacement } from "./placement.ts";

/** What a store's configuration file says. */
export interface StoreConfig {
  /** Version of the configuration's format. @default 1 */
  readonly version?: number;
  /** Data shards of new objects, 1 or more. @default 4 */
  readonly dataShards?: number;
  /** Parity shards of new objects, 1 or more: as many may be lost. @default 2 */
  readonly parityShards?: number;
  /** Bytes of a shard that are coded and checked at a time; a multiple of 8 up to 16 MiB. @default 65,536 */
  readonly unitBytes?: number;
  /** The code of new objects. @default "vandermonde" */
  readonly codeFamily?: CodeFamily;
  /** Where shards go: a location, "dir:PATH", by name. */
  readonly backends: Readonly<Record<string, string>>;
}

/** What {@link StoreConfig} is where nothing is given. */
export const DEFAULT_STORE_CONFIG: Required<StoreConfig> = Object.freeze({
  version: 1,
  dataShards: 4,
  parityShards: 2,
  unitBytes: 65_536,
  codeFamily: "vandermonde",
  backends: Object.freeze({}),
});

const MAX_UNIT_BYTES = 16 * 1024 * 1024;
const MAX_CONFIG_BYTES = 1024 * 1024;
const BACKEND_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Fills a configuration up and checks it, the even spread of shards over backends included.
 * @throws InvalidArgumentError for an unknown key, a value outside its range, or too few backends
 */
export function checkConfig(config: StoreConfig): Required<StoreConfig> {
  const filled = resolveOptions<Required<StoreConfig>>("store", DEFAULT_STORE_CONFIG, config);
  checkInteger("store", "version", filled.version, 1, 1);
  checkInteger("store", "dataShards", filled.dataShards, 1, 255);
  checkInteger("store", "parityShards", filled.parityShards, 1, 256 - filled.dataShards);
  checkInteger("store", "unitBytes / 8", filled.unitBytes / 8, 1, MAX_UNIT_BYTES / 8);
  checkOneOf("store", "codeFamily", filled.codeFamily, CODE_FAMILIES);
  const locations = new Map<string, string>();
  for (const [name, location] of Object.entries(filled.backends)) {
    if (!BACKEND_NAME.test(name)) {
      throw new InvalidArgumentError(
        "STORE_BACKEND_NAME",
        "backend name",
        name,
        '1 to 64 letters, digits, "-", "_"',
      );
    }
    const path = directoryOf(name, location).replace(/\/+$/, "");
    const other = locations.get(path);
    if (other !== undefined) {
      throw new InvalidArgumentError(
        "STORE_BACKEND_TWICE",
        `backend ${name}`,
        location,
        `a directory of its own; ${other} is the same, and both would be lost together`,
      );
    }
    locations.set(path, name);
  }
  checkPlacement(locations.size, filled.dataShards, filled.parityShards);
  return filled;
}

/** @throws MillraceError `STORE_CONFIG_INVALID` naming the file, what is wrong in it and what would be right */
export async function readConfig(vfs: Vfs, path: string): Promise<Required<StoreConfig>> {
  await inspectInputFile(vfs, path);
  await using source = await fileSource(vfs, path);
  if (source.size > MAX_CONFIG_BYTES)
    throw invalidConfig(path, `its ${source.size} bytes are no configuration`);
  const bytes = new Uint8Array(source.size);
  await readSourceFull(source, bytes, 0);
  try {
    const found: unknown = parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (found === null || typeof found !== "object" || Array.isArray(found)) {
      throw invalidConfig(path, "it holds no YAML mapping; make one with `init`");
    }
    const { backends } = found as { backends?: unknown };
    if (backends === null || typeof backends !== "object" || Array.isArray(backends)) {
      throw invalidConfig(path, '"backends" is missing; it maps names to locations such as "dir:/disks/a"');
    }
    const filled = checkConfig(found as StoreConfig);
    return { ...filled, backends: absoluteLocations(filled.backends, parentPath(path)) };
  } catch (cause) {
    if (isMillraceError(cause, "STORE_CONFIG_INVALID")) throw cause;
    throw invalidConfig(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/**
 * Makes the backends and writes the configuration, last, so that a configuration stands for a store that is there.
 * @throws IoError `FILES_EXISTS` when there is a file under `path`
 */
export async function initStore(vfs: Vfs, path: string, config: StoreConfig): Promise<void> {
  const filled = checkConfig(config);
  if (await vfs.exists(path)) throw fileError("FILES_EXISTS", path, "create");
  if (!(await vfs.exists(parentPath(path)))) throw fileError("FILES_NOT_FOUND", parentPath(path), "create");
  for (const backend of openBackends(vfs, absoluteLocations(filled.backends, parentPath(path)))) {
    await backend.prepare();
  }
  await atomicWrite(vfs, path, new TextEncoder().encode(stringify(filled)));
}

/** The backends that a configuration names, in its order. */
export function openBackends(vfs: Vfs, backends: Readonly<Record<string, string>>): ShardBackend[] {
  return Object.entries(backends).map(
    ([name, location]) => new DirectoryBackend(vfs, name, directoryOf(name, location)),
  );
}

/** Directories in a configuration are relative to where it lies, not to where a command happens to run. */
function absoluteLocations(
  backends: Readonly<Record<string, string>>,
  directory: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(backends).map(([name, location]) => {
      const path = directoryOf(name, location);
      return [
        name,
        path.startsWith("/") || /^[A-Za-z]:/.test(path) ? location : `dir:${joinPath(directory, path)}`,
      ];
    }),
  );
}

function directoryOf(name: string, location: unknown): string {
  if (typeof location === "string" && location.startsWith("dir:") && location.length > 4)
    return location.slice(4);
  throw new InvalidArgumentError(
    "STORE_BACKEND_LOCATION",
    `backend ${name}`,
    location,
    'a directory as "dir:PATH"',
  );
}

function invalidConfig(path: string, problem: string, cause?: unknown): MillraceError {
  return new MillraceError("STORE_CONFIG_INVALID", `${path}: ${problem.replaceAll(/\s+/g, " ")}`, { cause });
}
