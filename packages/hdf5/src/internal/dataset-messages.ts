import { ByteBuilder, UNDEFINED_ADDRESS } from "./byte-builder.ts";
import { MESSAGE, type Message } from "./object-header.ts";

/**
 * The body of a dataspace message, version 2 (specification, IV.A.2.b).
 * @param shape - rows first; `[]` for one value
 * @param isExtensible - whether the number of rows has no limit
 */
export function encodeDataspace(shape: readonly number[], isExtensible = false): Uint8Array {
  const body = new ByteBuilder();
  body
    .u8(2)
    .u8(shape.length)
    .u8(isExtensible ? 1 : 0)
    .u8(shape.length === 0 ? 0 : 1);
  for (const count of shape) body.u64(count);
  if (isExtensible) for (const [i, count] of shape.entries()) body.u64(i === 0 ? UNDEFINED_ADDRESS : count);
  return body.bytes;
}

/** When space is taken, which the layout decides: at once inside the header, late in one piece, by and by in chunks. */
const SPACE_ALLOCATION: Readonly<Record<"compact" | "contiguous" | "chunked", number>> = Object.freeze({
  compact: 1,
  contiguous: 2,
  chunked: 3,
});

/** Fill value message, version 3: the default one, written only if one is set (bits 2 and 3). */
export function fillValueMessage(layout: keyof typeof SPACE_ALLOCATION): Message {
  return { type: MESSAGE.fillValue, body: new ByteBuilder().u8(3).u8(0x08 | SPACE_ALLOCATION[layout]).bytes };
}

/** Layout message, version 3, for data inside the header. */
export function compactLayout(data: Uint8Array): Message {
  return { type: MESSAGE.layout, body: new ByteBuilder().u8(3).u8(0).u16(data.length).add(data).bytes };
}

/** Layout message, version 3, for data in one piece. */
export function contiguousLayout(address: number, byteLength: number): Message {
  return { type: MESSAGE.layout, body: new ByteBuilder().u8(3).u8(1).u64(address).u64(byteLength).bytes };
}

/** Layout message, version 3, for chunks that a B-tree at `address` lists. */
export function chunkedLayout(
  address: number,
  chunkShape: readonly number[],
  bytesPerElement: number,
): Message {
  const body = new ByteBuilder()
    .u8(3)
    .u8(2)
    .u8(chunkShape.length + 1)
    .u64(address);
  for (const count of chunkShape) body.u32(count);
  return { type: MESSAGE.layout, body: body.u32(bytesPerElement).bytes };
}
