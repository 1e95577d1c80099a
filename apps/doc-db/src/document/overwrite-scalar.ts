import { writeU32 } from "@millrace/base";
import { Double } from "./bson-types.ts";
import { TYPE } from "./format.ts";
import type { Value } from "./value.ts";

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

/** Whether values of a type always take the same bytes, and {@link overwriteScalar} can write one. */
export function isOverwritable(type: number): boolean {
  return type === TYPE.int32 || type === TYPE.double || type === TYPE.date;
}

/**
 * Writes a value where one of the same type lies.
 * @param type - of the value that lies there, which {@link isOverwritable}
 * @returns false, and nothing written, where the value would be stored as another type
 */
export function overwriteScalar(bytes: Uint8Array, type: number, start: number, value: Value): boolean {
  const isInt32 = typeof value === "number" && (value | 0) === value && !Object.is(value, -0);
  if (type === TYPE.int32) {
    if (!isInt32) return false;
    writeU32(bytes, start, value);
    return true;
  }
  if (type === TYPE.date) {
    // An invalid date is left to the encoder, which refuses it.
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) return false;
    double[0] = value.getTime();
  } else {
    if (isInt32 || !(typeof value === "number" || value instanceof Double)) return false;
    double[0] = Number(value);
  }
  bytes.set(doubleBytes, start);
  return true;
}
