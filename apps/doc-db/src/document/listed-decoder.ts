import { LISTED_HEAD_BYTES } from "./container.ts";
import { TYPE } from "./format.ts";
import type { Document, Value } from "./value.ts";

/** Decodes an object whose names are in a list; undefined for one whose table is not as it should be. */
export type ListedDecoder = (bytes: Uint8Array, start: number, end: number) => Document | undefined;

/** What a {@link ListedDecoder} calls for values that are not written out in it. */
export interface ValueDecoders {
  readonly value: (bytes: Uint8Array, type: number, start: number, end: number) => Value;
  readonly double: (bytes: Uint8Array, start: number, end: number) => Value;
  readonly ascii: (bytes: Uint8Array, start: number, end: number) => string;
}

/**
 * Makes a function for objects of one list, with offsets of 16 bits: no loop, and each field first tried as the type
 * that it had before. Fields of other types are right too, and take longer.
 * @param types - of the fields of an object that was met before
 * @param wanted - which fields are decoded, in the order that the result has them
 * @returns undefined where code from strings is forbidden, or a name can be no field of a literal
 */
export function compileListedDecoder(
  names: readonly string[],
  types: readonly number[],
  decoders: ValueDecoders,
  wanted: readonly number[] = names.map((_, i) => i),
): ListedDecoder | undefined {
  if (names.includes("__proto__")) return undefined;
  const tableBytes = LISTED_HEAD_BYTES + 2 * names.length;
  const offset = (i: number): string => {
    const at = LISTED_HEAD_BYTES + 2 * i;
    return `(b[s + ${at}] | b[s + ${at + 1}] << 8)`;
  };
  const needed = new Set(wanted.flatMap((i) => [i, i + 1]));
  const places = names.map((_, i) =>
    needed.has(i) ? `const a${i} = s + ${i === 0 ? tableBytes : offset(i)};` : "",
  );
  const end = (i: number): string => (i + 1 < names.length ? `a${i + 1}` : "e");
  const order = wanted.map((i) => `a${i} < ${end(i)} && ${end(i)} <= e`).join(" && ") || "true";
  const fields = wanted.map((i) => {
    const known = knownType(types[i]!, `a${i} + 1`, end(i));
    const any = `d.value(b, b[a${i}], a${i} + 1, ${end(i)})`;
    const value = known === undefined ? any : `b[a${i}] === ${types[i]!} ? ${known} : ${any}`;
    return `${JSON.stringify(names[i]!)}: ${value}`;
  });
  try {
    return new Function(
      "d",
      `return (b, s, e) => {
        if (e - s < ${tableBytes} || ${offset(0)} !== ${tableBytes}) return undefined;
        ${places.join(" ")}
        if (!(${order})) return undefined;
        return { ${fields.join(", ")} };
      };`,
    )(decoders) as ListedDecoder;
  } catch {
    return undefined;
  }
}

function knownType(type: number, start: string, end: string): string | undefined {
  switch (type) {
    case TYPE.int32:
      return `(b[${start}] | b[${start} + 1] << 8 | b[${start} + 2] << 16 | b[${start} + 3] << 24)`;
    case TYPE.double:
      return `d.double(b, ${start}, ${end})`;
    case TYPE.ascii:
      return `d.ascii(b, ${start}, ${end})`;
    case TYPE.true:
      return "true";
    case TYPE.false:
      return "false";
    default:
      return undefined;
  }
}
