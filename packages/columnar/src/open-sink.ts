import { InvalidArgumentError } from "@millrace/base";
import { baseName } from "@millrace/files";
import type { ColumnSchema } from "@millrace/stream";
import { ArrowFileSink } from "./arrow-file-sink.ts";
import type { ColumnSink, SinkOptions } from "./column-sink.ts";
import { CsvSink } from "./csv-sink.ts";
import { ParquetSink } from "./parquet-sink.ts";

type Create = (path: string, schema: ColumnSchema, options?: SinkOptions) => Promise<ColumnSink>;

const BY_ENDING: Readonly<Record<string, Create>> = {
  ".arrow": ArrowFileSink.create,
  ".feather": ArrowFileSink.create,
  ".parquet": ParquetSink.create,
  ".csv": CsvSink.create,
};

/** The endings that {@link openSink} knows. */
export const SINK_ENDINGS: readonly string[] = Object.freeze(Object.keys(BY_ENDING));

/** The ending of a path in lower case, with its point: ".parquet"; "" when it has none. */
export function endingOf(path: string): string {
  const name = baseName(path);
  const point = name.lastIndexOf(".");
  return point < 0 ? "" : name.slice(point).toLowerCase();
}

/**
 * Begins the file that a path's ending names.
 * @throws InvalidArgumentError `COLUMNAR_ENDING_UNKNOWN` for an ending that is not in {@link SINK_ENDINGS}
 * @throws IoError when the directory is missing or cannot be written to
 * @example
 * await using sink = await openSink("events.parquet", chunk.schema);
 */
export async function openSink(
  path: string,
  schema: ColumnSchema,
  options?: SinkOptions,
): Promise<ColumnSink> {
  const ending = endingOf(path);
  const create = Object.hasOwn(BY_ENDING, ending) ? BY_ENDING[ending] : undefined;
  if (create !== undefined) return create(path, schema, options);
  throw new InvalidArgumentError(
    "COLUMNAR_ENDING_UNKNOWN",
    "output path",
    path,
    `one that ends in ${SINK_ENDINGS.join(", ")}`,
  );
}
