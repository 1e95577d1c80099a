import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Vfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import h5wasm, { type Dataset, type Group } from "h5wasm/node";

const library = await h5wasm.ready;
// Without it libhdf5's errors are swallowed.
library.activate_throwing_error_handler();

/** All bytes of a file. */
export async function bytesOf(vfs: Vfs, path: string): Promise<Uint8Array> {
  await using file = await vfs.open(path, "r");
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return bytes;
}

/** What libhdf5 reads of an attribute or a dataset. */
export interface SeenValue {
  readonly shape: readonly number[];
  /** As h5wasm gives it; typed arrays as plain ones. */
  readonly value: unknown;
}

/** What libhdf5 reads of an object. */
export interface Seen {
  readonly attributes: Readonly<Record<string, SeenValue>>;
  readonly children?: Readonly<Record<string, Seen>>;
  readonly data?: SeenValue;
}

/** Reads a whole file by libhdf5 (h5wasm). */
export function readByLibrary(path: string): Seen {
  const file = new h5wasm.File(path, "r");
  try {
    return seeObject(file);
  } finally {
    file.close();
  }
}

/** As {@link readByLibrary}, from the bytes of a file. */
export function readImage(bytes: Uint8Array): Seen {
  using directory = tempDirectory();
  const path = join(directory.path, "image.h5");
  writeFileSync(path, bytes);
  return readByLibrary(path);
}

function seeObject(object: Group | Dataset): Seen {
  const attributes: Record<string, SeenValue> = {};
  for (const [name, attribute] of Object.entries(object.attrs)) {
    attributes[name] = { shape: attribute.shape ?? [], value: plain(attribute.value) };
  }
  if (object instanceof h5wasm.Dataset) {
    return { attributes, data: { shape: object.shape ?? [], value: plain(object.value) } };
  }
  const children: Record<string, Seen> = {};
  for (const name of object.keys()) children[name] = seeObject(object.get(name) as Group | Dataset);
  return { attributes, children };
}

/** Typed arrays as arrays, so that -0 and NaN still count; an empty dataset is null in h5wasm. */
function plain(value: unknown): unknown {
  if (value === null) return [];
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value;
}

/** Where a program that reads HDF5 is not installed, its tests are skipped, visibly. */
export const hasTools: boolean = spawnSync("h5dump", ["--version"]).status === 0;

/** Debian's Python, which has h5py; another one first in PATH may not. */
export const PYTHON = "/usr/bin/python3";

export const hasH5py: boolean = spawnSync(PYTHON, ["-c", "import h5py"]).status === 0;

/** Runs a program; its output when it succeeds. */
export function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} gave ${status}: ${stdout}${stderr}`);
  return stdout + stderr;
}
