import { type TypedArray, wordsOf } from "@millrace/buffers";
import type { ColumnSource } from "hyparquet-writer";

/** A column's values as the Parquet writer takes them: integers as Int32Array where 32 bits hold them all. */
export function parquetData(values: TypedArray<ArrayBuffer>): ColumnSource["data"] {
  if (values instanceof BigInt64Array) return narrowed(values) ?? values;
  const isKept = values instanceof BigUint64Array || values instanceof Uint32Array;
  if (isKept || values instanceof Float32Array || values instanceof Float64Array) return values;
  return new Int32Array(values);
}

/** The low words, when the high ones only repeat their sign: for those the writer has a loop without bigints. */
function narrowed(values: BigInt64Array<ArrayBuffer>): Int32Array | undefined {
  const words = wordsOf(values);
  const numbers = new Int32Array(values.length);
  for (let i = 0; i < numbers.length; i++) {
    const lo = words[2 * i]! | 0;
    if ((words[2 * i + 1]! | 0) !== lo >> 31) return undefined;
    numbers[i] = lo;
  }
  return numbers;
}
