import { isMillraceError } from "@millrace/base";
import { Hdf5Reader } from "@millrace/hdf5";
import { bytesOf } from "./bytes.ts";

/** What @millrace/hdf5 reads of a file, given as hexadecimal; chunks that are deflated are awaited. */
export async function checkHdf5(hex: string): Promise<object> {
  await using reader = Hdf5Reader.over(bytesOf(hex));
  const { root } = reader;
  const rows = root.dataset("group/rows");
  let sum = 0;
  for await (const { values } of rows.chunks({ as: "int32" })) for (const value of values) sum += value;
  return {
    names: root.names,
    title: root.attributes.get("title"),
    shape: rows.shape,
    filters: rows.filters,
    some: [...(await rows.readRows(95, 99, "int32"))],
    plain: [...root.dataset("plain").readRowsSync(1, 4, "uint8")],
    sum,
  };
}

/** The code of the refusal to decode a chunk at once, or that there was none. */
export function checkHdf5Sync(hex: string): string {
  try {
    Hdf5Reader.over(bytesOf(hex)).root.dataset("group/rows").readRowsSync(0, 1);
    return "read";
  } catch (error) {
    return isMillraceError(error) ? error.code : String(error);
  }
}
