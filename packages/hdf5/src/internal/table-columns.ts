import { InvalidArgumentError } from "@millrace/base";
import { kindOf, type TypedArray } from "@millrace/buffers";
import { checkBooleans } from "./check-booleans.ts";
import type { TableLayout } from "./table-layout.ts";

/** The values of a table's rows in the order of its columns. */
export interface OrderedColumns {
  readonly values: readonly TypedArray[];
  readonly rows: number;
}

/**
 * Checks rows given by columns.
 * @param where - for messages
 * @throws InvalidArgumentError `HDF5_DATA_COLUMNS`, `HDF5_DATA_KIND`, `HDF5_DATA_LENGTH`, `HDF5_DATA_BOOLEAN`
 */
export function orderColumns(
  { columns }: TableLayout,
  given: Readonly<Record<string, TypedArray>>,
  where: string,
): OrderedColumns {
  const names = Object.keys(given);
  if (names.length !== columns.length || !columns.every(({ name }) => Object.hasOwn(given, name))) {
    const expected = columns.map(({ name }) => name).join(", ");
    throw new InvalidArgumentError("HDF5_DATA_COLUMNS", `columns for ${where}`, names.join(", "), expected);
  }
  const values = columns.map(({ name }) => given[name]!);
  const rows = values[0]!.length;
  for (const [i, { name, kind, storageKind }] of columns.entries()) {
    const column = values[i]!;
    const what = `column ${name} for ${where}`;
    if (kindOf(column) !== storageKind) {
      throw new InvalidArgumentError("HDF5_DATA_KIND", what, column, `${storageKind} values`);
    }
    if (column.length !== rows) {
      throw new InvalidArgumentError(
        "HDF5_DATA_LENGTH",
        `values in ${what}`,
        column.length,
        `${rows}, as many as in the first column`,
      );
    }
    if (kind === "boolean") checkBooleans(column, what);
  }
  return { values, rows };
}
