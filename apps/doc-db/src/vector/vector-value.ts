/** Vectors as documents hold them. */
import { Binary } from "../document/bson-types.ts";
import type { Value } from "../document/value.ts";
import { isNumeric, toNumber } from "../mql/number.ts";

/** BSON's subtype of vectors; its first byte says of what, its second one how many bits of the last byte are padding. */
const VECTOR_SUBTYPE = 9;
const FLOAT32 = 0x27;
const INT8 = 0x03;

/** A vector of numbers in an array, or in BSON's own type; undefined for anything else. */
export function vectorOf(value: Value): Float32Array | undefined {
  if (value instanceof Binary && value.subtype === VECTOR_SUBTYPE) return packedVector(value.bytes);
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const list = value as readonly Value[];
  const vector = new Float32Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const number = list[i]!;
    if (typeof number === "number") vector[i] = number;
    else if (isNumeric(number)) vector[i] = toNumber(number);
    else return undefined;
  }
  return vector;
}

function packedVector(bytes: Uint8Array): Float32Array | undefined {
  const kind = bytes[0];
  if (kind === INT8) return Float32Array.from(new Int8Array(bytes.slice(2).buffer));
  if (kind !== FLOAT32 || bytes.length % 4 !== 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + 2, bytes.length - 2);
  return Float32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
