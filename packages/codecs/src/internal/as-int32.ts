/** The same words as Int32Array: loops that see one array type only are the fast ones. */
export function asInt32(values: Int32Array | Uint32Array): Int32Array {
  return values instanceof Int32Array
    ? values
    : new Int32Array(values.buffer, values.byteOffset, values.length);
}
