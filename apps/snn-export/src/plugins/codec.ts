import type { TypedArrayOf } from "@millrace/buffers";
import type { FieldKind } from "../fields.ts";

/** Values of a field, in the kind in which it is stored. */
export type CodedValues = TypedArrayOf<FieldKind>;

/**
 * Stores the values of a field as bytes of its own making: what a general compressor does not see, such as the rounding
 * of a sensor. The file names it, and whoever reads the field passes a codec of that name to `ExperimentLoader.open`.
 *
 * Layout: docs/formats/snn-experiment.md, "Coded values".
 */
export interface ColumnCodec {
  /** Name and version: the file keeps it, and a reader is found by it. */
  readonly name: string;
  /**
   * The bytes for some rows of values; whole rows, at least one. They may be a view that the next call writes to.
   * @param width - values a row
   */
  encode(values: CodedValues, width: number): Uint8Array;
  /**
   * Fills `values` from what {@link encode} made of as many.
   * @throws Error when the bytes cannot be such; the loader reports the file as damaged
   */
  decode(bytes: Uint8Array, values: CodedValues, width: number): void;
}
