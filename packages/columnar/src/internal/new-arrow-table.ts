import {
  type DataType,
  DurationMicrosecond,
  Field,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
} from "apache-arrow";
import { ARROW_TYPES } from "../arrow-schema.ts";
import type { ArrowColumn, ArrowRows } from "../arrow-table.ts";
import type { SinkMetadata } from "../column-sink.ts";

/** A table of record batches over the given arrays. */
export function newArrowTable(
  columns: readonly ArrowColumn[],
  batches: readonly ArrowRows[],
  metadata: SinkMetadata,
): Table {
  const fields = columns.map(({ name, kind }) => {
    const type = kind === "durationUs" ? new DurationMicrosecond() : new ARROW_TYPES[kind]();
    return new Field<DataType>(name, type, false);
  });
  const schema = new Schema(fields, new Map(Object.entries(metadata)));
  return new Table(
    schema,
    batches.map((rows) => newBatch(schema, rows)),
  );
}

function newBatch(schema: Schema, rows: ArrowRows): RecordBatch {
  const children = schema.fields.map(({ name, type }) => {
    const data = rows[name]!;
    return makeData({ type, length: data.length, nullCount: 0, data } as never);
  });
  const length = children[0]?.length ?? 0;
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length, nullCount: 0, children }),
  );
}
