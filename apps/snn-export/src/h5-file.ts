import { CorruptDataError, IoError, MillraceError } from "@millrace/base";
import { fileError } from "@millrace/files";
import h5wasm, { type Dataset, type Entity, type File, type Group } from "h5wasm/node";

const library = await h5wasm.ready;
// Without it libhdf5's errors are swallowed: a full disk would look like a finished file.
library.activate_throwing_error_handler();

/** A value that an attribute of ours can have. */
export type AttributeValue = string | number;

/** Creates a file for writing; the path must not exist. */
export function createH5File(path: string): File {
  return guard(path, "create", () => new h5wasm.File(path, "x"));
}

/**
 * Opens a file for reading.
 * @throws CorruptDataError when it is no HDF5 file, or a damaged one
 */
export function openH5File(path: string): File {
  return guard(path, "open", () => new h5wasm.File(path, "r"));
}

/** Writes one attribute as a scalar: numbers as float64, bigints as int64. */
export function writeAttribute(target: Group | Dataset, name: string, value: string | number | bigint): void {
  if (typeof value === "string") target.create_attribute(name, value);
  else if (typeof value === "bigint") target.create_attribute(name, BigInt64Array.of(value), []);
  else target.create_attribute(name, Float64Array.of(value), []);
}

/** One attribute, 64-bit integers as numbers; undefined when it is not there. */
export function readAttribute(target: Group | Dataset, name: string): AttributeValue | undefined {
  const value = target.attrs[name]?.value;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}

/**
 * Runs calls of libhdf5 and turns what it throws into errors of ours.
 * @param path - the file they work on, for the message
 */
export function guard<T>(path: string, syscall: "create" | "open" | "read" | "write", work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw toOurError(path, syscall, error);
  }
}

/** The group at `name`, or undefined. */
export function childGroup(group: Group, name: string): Group | undefined {
  const entity = group.keys().includes(name) ? group.get(name) : null;
  return isGroup(entity) ? entity : undefined;
}

/** The dataset at `name`, or undefined. */
export function childDataset(group: Group, name: string): Dataset | undefined {
  const entity = group.keys().includes(name) ? group.get(name) : null;
  return entity instanceof h5wasm.Dataset ? entity : undefined;
}

function isGroup(entity: Entity | null): entity is Group {
  return entity instanceof h5wasm.Group;
}

function toOurError(path: string, syscall: string, error: unknown): MillraceError {
  const text = error instanceof Error ? error.message : String(error);
  // libhdf5 prints "errno = 28, error message = 'No space left on device'" into its stack of messages.
  const errno = /error message = '([^']+)'/.exec(text)?.[1];
  if (errno !== undefined && /no space/i.test(errno))
    return fileError("FILES_NO_SPACE", path, syscall, "", error);
  if (errno !== undefined) {
    return new IoError("SNN_HDF5_IO", path, syscall, `libhdf5 could not ${syscall} it: ${errno}`, {
      cause: error,
    });
  }
  const reasons = [...text.matchAll(/\): (.+)/g)].map((match) => match[1]);
  const reason = reasons.at(-1) ?? text.split("\n")[0] ?? "no reason given";
  if (syscall === "open" || syscall === "read") {
    const problem = `libhdf5 says "${reason}"; ${path} is no HDF5 file, or it is truncated or damaged`;
    return new CorruptDataError("SNN_HDF5_CORRUPT", "HDF5", 0, problem, { cause: error });
  }
  return new IoError("SNN_HDF5_IO", path, syscall, `libhdf5 could not ${syscall} it: ${reason}`, {
    cause: error,
  });
}
