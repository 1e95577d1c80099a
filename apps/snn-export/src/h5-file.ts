import { IoError, MillraceError } from "@millrace/base";
import { fileError } from "@millrace/files";
import h5wasm, { type Dataset, type File, type Group } from "h5wasm/node";

const library = await h5wasm.ready;
// Without it libhdf5's errors are swallowed: a full disk would look like a finished file.
library.activate_throwing_error_handler();

/** Creates a file for writing; the path must not exist. */
export function createH5File(path: string): File {
  return guard(path, "create", () => new h5wasm.File(path, "x"));
}

/** Opens a file for reading. */
export function openH5File(path: string): File {
  return guard(path, "read", () => new h5wasm.File(path, "r"));
}

/** Writes one attribute as a scalar: numbers as float64, bigints as int64. */
export function writeAttribute(target: Group | Dataset, name: string, value: string | number | bigint): void {
  if (typeof value === "string") target.create_attribute(name, value);
  else if (typeof value === "bigint") target.create_attribute(name, BigInt64Array.of(value), []);
  else target.create_attribute(name, Float64Array.of(value), []);
}

/**
 * Runs calls of libhdf5 and turns what it throws into errors of ours.
 * @param path - the file they work on, for the message
 */
export function guard<T>(path: string, syscall: "create" | "read" | "write", work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw toOurError(path, syscall, error);
  }
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
  return new IoError("SNN_HDF5_IO", path, syscall, `libhdf5 could not ${syscall} it: ${reason}`, {
    cause: error,
  });
}
