import { InvalidArgumentError } from "@millrace/base";
import type { TypedArray } from "@millrace/buffers";

/** @throws InvalidArgumentError `HDF5_DATA_BOOLEAN` for bytes that are neither 0 nor 1 */
export function checkBooleans(values: TypedArray, where: string): void {
  const at = (values as Uint8Array).findIndex((value) => value > 1);
  if (at < 0) return;
  throw new InvalidArgumentError("HDF5_DATA_BOOLEAN", `value ${at} for ${where}`, values[at], "0 or 1");
}
