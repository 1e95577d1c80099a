import { bytesPerElement, ELEMENT_KINDS, type ElementKind, newTypedArray } from "@millrace/buffers";
import { ByteBuilder } from "./byte-builder.ts";
import type { TableLayout } from "./table-layout.ts";

/** What an element is in the file. */
export type StoredType =
  | { readonly kind: ElementKind | "boolean" | "variable-string" | "reference" }
  | { readonly kind: "fixed-string"; readonly byteLength: number }
  | { readonly kind: "enumeration"; readonly base: ElementKind; readonly members: EnumMembers }
  | { readonly kind: "compound"; readonly layout: TableLayout };

/** Names of an enumeration's values, which are integers. */
export type EnumMembers = Readonly<Record<string, number>>;

/** Bytes of an element: length, collection's address and index of a string in the global heap. */
export const HEAP_REFERENCE_BYTES = 16;

/** Bytes of a reference to an object: the address of its header. */
export const REFERENCE_BYTES = 8;

/** Bytes that one element takes in the file. */
export function storedBytes(type: StoredType): number {
  if (type.kind === "fixed-string") return type.byteLength;
  if (type.kind === "compound") return type.layout.rowBytes;
  if (type.kind === "variable-string") return HEAP_REFERENCE_BYTES;
  if (type.kind === "reference") return REFERENCE_BYTES;
  if (type.kind === "enumeration") return bytesPerElement(type.base);
  return type.kind === "boolean" ? 1 : bytesPerElement(type.kind);
}

/**
 * The body of a datatype message, version 1, for compounds version 3 (specification, IV.A.2.d).
 * Booleans are h5py's: an enumeration FALSE, TRUE over int8. Fixed strings are UTF-8 padded with NULs.
 */
export function encodeDatatype(type: StoredType): Uint8Array {
  const body = new ByteBuilder();
  if (type.kind === "compound") return addCompound(body, type.layout).bytes;
  if (type.kind === "reference") return body.u8(0x17).u8(0).u16(0).u32(REFERENCE_BYTES).bytes;
  if (type.kind === "fixed-string") {
    return body.u8(0x13).u8(0x11).u16(0).u32(type.byteLength).bytes;
  }
  if (type.kind === "variable-string") {
    body.u8(0x19).u8(0x01).u8(0x01).u8(0).u32(HEAP_REFERENCE_BYTES);
    return addInteger(body, 1, false).bytes;
  }
  if (type.kind === "boolean") return addEnumeration(body, "int8", { FALSE: 0, TRUE: 1 }).bytes;
  if (type.kind === "enumeration") return addEnumeration(body, type.base, type.members).bytes;
  const size = bytesPerElement(type.kind);
  if (type.kind === "float32" || type.kind === "float64") return addFloat(body, size).bytes;
  return addInteger(body, size, !type.kind.startsWith("u")).bytes;
}

function addCompound(body: ByteBuilder, { rowBytes, columns }: TableLayout): ByteBuilder {
  body.u8(0x36).u16(columns.length).u8(0).u32(rowBytes);
  // Offsets take as many bytes as the size of the whole needs.
  const offsetBytes = rowBytes < 2 ** 8 ? 1 : rowBytes < 2 ** 16 ? 2 : 3;
  for (const { nameBytes, kind, offset } of columns) {
    body.add(nameBytes).u8(0);
    for (let i = 0; i < offsetBytes; i++) body.u8((offset >> (8 * i)) & 0xff);
    body.add(encodeDatatype({ kind }));
  }
  return body;
}

function addEnumeration(body: ByteBuilder, base: ElementKind, members: EnumMembers): ByteBuilder {
  const names = Object.keys(members).map((name) => new TextEncoder().encode(name));
  const size = bytesPerElement(base);
  body.u8(0x18).u16(names.length).u8(0).u32(size);
  addInteger(body, size, !base.startsWith("u"));
  // Names end with NUL and are padded to multiples of eight bytes.
  for (const name of names) body.add(name).zeros(8 - (name.length % 8));
  const values = newTypedArray(base, names.length) as Int32Array;
  values.set(Object.values(members));
  return body.add(new Uint8Array(values.buffer));
}

function addInteger(body: ByteBuilder, size: number, isSigned: boolean): ByteBuilder {
  body
    .u8(0x10)
    .u8(isSigned ? 0x08 : 0)
    .u16(0)
    .u32(size);
  return body.u16(0).u16(8 * size);
}

/** IEEE 754, little-endian, the mantissa's highest bit implied. */
function addFloat(body: ByteBuilder, size: number): ByteBuilder {
  const exponentBits = size === 4 ? 8 : 11;
  const mantissaBits = size === 4 ? 23 : 52;
  body
    .u8(0x11)
    .u8(0x20)
    .u8(8 * size - 1)
    .u8(0)
    .u32(size);
  body
    .u16(0)
    .u16(8 * size)
    .u8(mantissaBits)
    .u8(exponentBits)
    .u8(0)
    .u8(mantissaBits);
  return body.u32(size === 4 ? 127 : 1023);
}

/** What a streamed dataset can hold. */
export type DatasetKind = ElementKind | "boolean";

/** Every kind of a streamed dataset. */
export const DATASET_KINDS: readonly DatasetKind[] = Object.freeze([...ELEMENT_KINDS, "boolean"] as const);
