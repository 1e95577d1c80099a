import type { ColumnSchema, ColumnSpec } from "@millrace/stream";
import type { ColumnSource, SchemaElement } from "hyparquet-writer";

type ColumnType = Pick<SchemaElement, "type" | "converted_type">;

// No logical type beside the converted one: hyparquet-writer 0.17 writes its bit width as an i32 where the format has a
// byte, and Arrow's C++ reader (pyarrow, pandas) refuses the whole file.
const integer = (bitWidth: 8 | 16 | 32 | 64, isSigned: boolean): ColumnType => ({
  type: bitWidth === 64 ? "INT64" : "INT32",
  converted_type: `${isSigned ? "INT" : "UINT"}_${bitWidth}`,
});

const TYPES: Readonly<Record<ColumnSpec["kind"], ColumnType>> = {
  uint8: integer(8, false),
  int8: integer(8, true),
  uint16: integer(16, false),
  int16: integer(16, true),
  uint32: integer(32, false),
  int32: integer(32, true),
  int64: integer(64, true),
  uint64: integer(64, false),
  float32: { type: "FLOAT" },
  float64: { type: "DOUBLE" },
};

/** The Parquet schema of columns: the same kinds as converted types, all required. */
export function parquetSchemaOf(schema: ColumnSchema): SchemaElement[] {
  const columns = schema.map(
    ({ name, kind }): SchemaElement => ({ name, repetition_type: "REQUIRED", ...TYPES[kind] }),
  );
  return [{ name: "schema", num_children: columns.length }, ...columns];
}

/** How a column's values are packed: integers by their differences, which are small where values are sorted. */
export function parquetEncodingOf(kind: ColumnSpec["kind"]): NonNullable<ColumnSource["encoding"]> {
  return kind === "float32" || kind === "float64" ? "PLAIN" : "DELTA_BINARY_PACKED";
}
