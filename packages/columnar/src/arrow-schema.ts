import type { ColumnChunk, ColumnSchema, ColumnSpec } from "@millrace/stream";
import {
  type DataType,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
} from "apache-arrow";
import type { SinkMetadata } from "./column-sink.ts";

type ArrowType = Int8 | Int16 | Int32 | Int64 | Uint8 | Uint16 | Uint32 | Uint64 | Float32 | Float64;

/** The Arrow type of each kind of column. */
export const ARROW_TYPES: Readonly<Record<ColumnSpec["kind"], new () => ArrowType>> = {
  uint8: Uint8,
  int8: Int8,
  uint16: Uint16,
  int16: Int16,
  uint32: Uint32,
  int32: Int32,
  float32: Float32,
  float64: Float64,
  int64: Int64,
  uint64: Uint64,
};

/** The Arrow schema of columns: the same kinds, none nullable. */
export function arrowSchemaOf(schema: ColumnSchema, metadata: SinkMetadata): Schema {
  const fields = schema.map(({ name, kind }) => new Field<DataType>(name, new ARROW_TYPES[kind](), false));
  return new Schema(fields, new Map(Object.entries(metadata)));
}

/** A chunk's rows as a record batch over the same memory: valid until the chunk is released. */
export function recordBatchOf(schema: Schema, chunk: ColumnChunk): RecordBatch {
  const length = chunk.rowCount;
  const { columns } = chunk;
  const children = chunk.schema.map(({ name }, i) => {
    const type = schema.fields[i]!.type as ArrowType;
    return makeData({ type, length, nullCount: 0, data: columns[name]!.subarray(0, length) } as never);
  });
  const data = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children });
  return new RecordBatch(schema, data);
}
