import { isMillraceError, MillraceError } from "@millrace/base";
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
import { parse, stringify } from "yaml";
import { parseLocation } from "./backend-location.ts";
import { checkConfig, type FilledConfig, type StoreConfig } from "./config.ts";
import { type ConfigOverrides, overlay } from "./config-layers.ts";
import { openBackends } from "./open-backends.ts";
import { TRAITS, type Trait } from "./probe.ts";
import { temporarySpace } from "./temporary.ts";

const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * Reads a configuration file, with what lies over it.
 * @param layers - the strongest first
 * @throws MillraceError `STORE_CONFIG_INVALID` naming the file, what is wrong in it and what would be right
 */
export async function readConfig(
  vfs: Vfs,
  path: string,
  layers: readonly ConfigOverrides[],
): Promise<FilledConfig> {
  await inspectInputFile(vfs, path);
  await using source = await fileSource(vfs, path);
  if (source.size > MAX_CONFIG_BYTES)
    throw invalidConfig(path, `its ${source.size} bytes are no configuration`);
  const bytes = new Uint8Array(source.size);
  await readSourceFull(source, bytes, 0);
  try {
    const found: unknown = parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (!isMapping(found)) throw invalidConfig(path, "it holds no YAML mapping; make one with `init`");
    if (!isMapping(found.backends)) {
      throw invalidConfig(path, '"backends" is missing; it maps names to locations such as "dir:/disks/a"');
    }
    for (const name of ["performance", "encryption"]) {
      if (found[name] === undefined || found[name] === null || isMapping(found[name])) continue;
      throw invalidConfig(path, `"${name}" is ${JSON.stringify(found[name])}, a mapping is expected`);
    }
    const config = dropNulls(found) as unknown as StoreConfig;
    // The file is checked by itself, so that its errors are named as its own.
    const own = absoluteLocations(checkConfig(config), parentPath(path));
    return layers.length === 0 ? own : checkConfig(overlay(own, layers));
  } catch (cause) {
    if (isMillraceError(cause, "STORE_CONFIG_INVALID")) throw cause;
    throw invalidConfig(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** What the making of a store found. */
export interface InitResult {
  /** What each backend honours, as the configuration has it now. */
  readonly honours: Readonly<Record<string, readonly Trait[]>>;
}

/**
 * Makes the backends, finds out what servers honour, and writes the configuration, last, so that a configuration stands for a store that is there.
 * @param environment - for references to secrets
 * @throws IoError `FILES_EXISTS` when there is a file under `path`
 */
export async function initStore(
  vfs: Vfs,
  path: string,
  config: StoreConfig,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<InitResult> {
  const filled = checkConfig(config);
  if (await vfs.exists(path)) throw fileError("FILES_EXISTS", path, "create");
  if (!(await vfs.exists(parentPath(path)))) throw fileError("FILES_NOT_FOUND", parentPath(path), "create");
  const setup = { vfs, environment, temporary: temporarySpace(vfs, filled) };
  const honours: Record<string, readonly Trait[]> = {};
  for (const backend of openBackends(absoluteLocations(filled, parentPath(path)), setup)) {
    await backend.prepare();
    honours[backend.name] = (await backend.probe?.()) ?? TRAITS;
  }
  const backends = Object.entries(config.backends).map(([name, given]) => {
    const place = parseLocation(name, filled.backends[name]?.location);
    if (place.kind === "dir") return [name, given];
    const backend = typeof given === "string" ? { location: given } : given;
    return [name, { ...backend, honours: honours[name] }];
  });
  const { dataShards, parityShards, unitBytes, codeFamily } = filled;
  const fixed = { version: filled.version, dataShards, parityShards, unitBytes, codeFamily };
  const made = { ...fixed, ...config, backends: Object.fromEntries(backends) };
  await atomicWrite(vfs, path, new TextEncoder().encode(stringify(made)));
  return { honours };
}

/** Directories in a configuration are relative to where it lies, not to where a command happens to run. */
export function absoluteLocations(config: FilledConfig, directory: string): FilledConfig {
  const backends = Object.entries(config.backends).map(([name, backend]) => {
    const place = parseLocation(name, backend.location);
    if (place.kind !== "dir") return [name, backend];
    return [name, { ...backend, location: `dir:${absolutePath(place.path, directory)}` }];
  });
  const { temp_directory } = config.performance;
  const temporary = temp_directory === null ? null : absolutePath(temp_directory, directory);
  const performance = { ...config.performance, temp_directory: temporary };
  return { ...config, performance, backends: Object.fromEntries(backends) };
}

function absolutePath(path: string, directory: string): string {
  return path.startsWith("/") || /^[A-Za-z]:/.test(path) ? path : joinPath(directory, path);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A key without a value is one that was left out. */
function dropNulls(mapping: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(mapping).filter(([, value]) => value !== null));
}

function invalidConfig(path: string, problem: string, cause?: unknown): MillraceError {
  return new MillraceError("STORE_CONFIG_INVALID", `${path}: ${problem.replaceAll(/\s+/g, " ")}`, { cause });
}
