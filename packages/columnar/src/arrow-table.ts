import type { ElementKind, TypedArray } from "@millrace/buffers";
import type { Table } from "apache-arrow";
import type { SinkMetadata } from "./column-sink.ts";

/** A table of the package apache-arrow. */
export type ArrowTable = Table;

/** A column of a table: the kinds of typed arrays, and a time span in microseconds in 64 bits. */
export interface ArrowColumn {
  readonly name: string;
  readonly kind: ElementKind | "durationUs";
}

/** Rows of a table: an array each column, all of one length. A duration is a BigInt64Array. */
export type ArrowRows = Readonly<Record<string, TypedArray>>;

/**
 * A table over arrays that exist, a record batch for each element of `batches`; nothing is copied.
 * @example
 * const table = await arrowTableOf([{ name: "t", kind: "durationUs" }], [{ t: BigInt64Array.of(5n) }]);
 */
export async function arrowTableOf(
  columns: readonly ArrowColumn[],
  batches: readonly ArrowRows[],
  metadata: SinkMetadata = {},
): Promise<ArrowTable> {
  // Arrow takes some hundred milliseconds to load: whoever makes no table shall not wait for it.
  const { newArrowTable } = await import("./internal/new-arrow-table.ts");
  return newArrowTable(columns, batches, metadata);
}
