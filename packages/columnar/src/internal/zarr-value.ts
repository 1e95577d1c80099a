import { InvalidArgumentError, writeU32 } from "@millrace/base";
import type { TypedArray } from "@millrace/buffers";
import type { JsonValue } from "./zarr-metadata.ts";

/** What an attribute may hold. */
export type ZarrAttribute =
  | string
  | number
  | bigint
  | boolean
  | readonly string[]
  | readonly boolean[]
  | TypedArray;

const encoder = new TextEncoder();

/**
 * An attribute as JSON. What JSON has no number for is text: NaN, the infinities (as Zarr writes fill values), and
 * integers beyond 53 bits.
 * @throws InvalidArgumentError `ZARR_VALUE_UNFIT`
 */
export function attributeJson(value: ZarrAttribute): JsonValue {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<number | bigint>, attributeJson);
  if (Array.isArray(value) && value.every((one) => typeof one === "string" || typeof one === "boolean")) {
    return value;
  }
  throw new InvalidArgumentError(
    "ZARR_VALUE_UNFIT",
    "attribute",
    value,
    "text, a number, a bigint, a boolean, a typed array, or an array of texts or booleans",
  );
}

/** A chunk of texts by the codec `vlen-utf8`: their number, then length and bytes of each. */
export function encodeTexts(texts: readonly string[]): Uint8Array {
  const encoded = texts.map((text) => encoder.encode(text));
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + 4 + length, 4));
  writeU32(bytes, 0, texts.length);
  let at = 4;
  for (const text of encoded) {
    writeU32(bytes, at, text.length);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}
