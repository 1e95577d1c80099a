import { kindOf, type TypedArray } from "@millrace/buffers";
import { type ColumnPlace, StagedColumn } from "./staged-column.ts";

/** Writes a whole one-dimensional dataset at once, compressed as the others are. */
export function writeColumn(
  place: ColumnPlace,
  name: string,
  values: TypedArray,
  unit: string,
  description: string,
): void {
  const column = new StagedColumn(place, name, { kind: kindOf(values), unit, description });
  // Both are of one kind, which the type of a union cannot say.
  (column.pending as { pushMany(source: TypedArray): void }).pushMany(values);
  column.finish();
}
