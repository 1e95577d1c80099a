import type { Vfs } from "@millrace/files";
import { type AsyncReadable, get, open, root } from "zarrita";

/** What zarrita reads of an array. */
export interface SeenArray {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly dimensionNames: readonly (string | null | undefined)[];
  readonly values: readonly unknown[];
}

/** A store of a file system, as zarrita wants it. */
function storeOf(vfs: Vfs, path: string): AsyncReadable {
  const read = async (key: string): Promise<Uint8Array | undefined> => {
    if (!(await vfs.exists(path + key))) return undefined;
    await using file = await vfs.open(path + key, "r");
    const bytes = new Uint8Array(await file.size());
    await file.read(bytes, 0);
    return bytes;
  };
  return {
    get: read,
    getRange: async (key, range) => {
      const bytes = await read(key);
      if (bytes === undefined) return undefined;
      if ("suffixLength" in range) return bytes.slice(bytes.length - range.suffixLength);
      return bytes.slice(range.offset, range.offset + range.length);
    },
  };
}

/** Reads an array by zarrita. */
export async function readByZarrita(vfs: Vfs, path: string, name: string): Promise<SeenArray> {
  const array = await open.v3(root(storeOf(vfs, path)).resolve(name), { kind: "array" });
  const isEmpty = array.shape.includes(0);
  const found: unknown = isEmpty ? { data: [] } : await get(array);
  // Without dimensions it gives the value itself.
  const data = array.shape.length === 0 ? [found] : (found as { data: Iterable<unknown> }).data;
  return {
    shape: array.shape,
    dtype: array.dtype,
    attributes: array.attrs,
    dimensionNames: array.dimensionNames ?? [],
    values: Array.from(data as Iterable<unknown>),
  };
}

/** The attributes of a group, by zarrita. */
export async function readGroupAttributes(
  vfs: Vfs,
  path: string,
  name: string,
): Promise<Readonly<Record<string, unknown>>> {
  return (await open.v3(root(storeOf(vfs, path)).resolve(name), { kind: "group" })).attrs;
}
