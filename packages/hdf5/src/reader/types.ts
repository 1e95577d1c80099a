import type { ElementKind } from "@millrace/buffers";

/** Integers of 1 to 8 bytes and IEEE floating-point numbers. */
export interface Hdf5NumberType {
  /** What they are read as: integers of 3 bytes as 4, of 5 to 7 as 8; float16 as float32. */
  readonly kind: ElementKind | "float16";
  /** Bytes in the file. */
  readonly byteLength: number;
  readonly isBigEndian: boolean;
  /** Integers may use some of their bits only: the lowest one that counts, and how many do. */
  readonly bitOffset: number;
  readonly bitCount: number;
}

/** h5py's booleans: an enumeration of FALSE and TRUE over one byte. */
export interface Hdf5BooleanType {
  readonly kind: "boolean";
  readonly byteLength: 1;
}

/** Integers with names; they are read as integers. */
export interface Hdf5EnumType {
  readonly kind: "enum";
  readonly byteLength: number;
  readonly base: Hdf5NumberType;
  readonly members: ReadonlyMap<string, number | bigint>;
}

/** Text, of a fixed number of bytes or of any length. */
export interface Hdf5StringType {
  readonly kind: "string";
  /** Bytes in the file; of a reference to the text, when it is variable. */
  readonly byteLength: number;
  readonly isVariable: boolean;
  readonly encoding: "ascii" | "utf8";
  /** What stands behind a short text: a NUL and anything, NULs, or spaces. */
  readonly padding: "nul-terminated" | "nul" | "space";
}

/** Records; they are read as columns. */
export interface Hdf5CompoundType {
  readonly kind: "compound";
  readonly byteLength: number;
  readonly fields: readonly Hdf5Field[];
}

/** A field of a record. */
export interface Hdf5Field {
  readonly name: string;
  readonly byteOffset: number;
  readonly type: Hdf5Type;
}

/** Arrays of a fixed shape inside an element. */
export interface Hdf5ArrayType {
  readonly kind: "array";
  readonly byteLength: number;
  readonly base: Hdf5Type;
  readonly shape: readonly number[];
}

/** Lists of any length inside an element. */
export interface Hdf5SequenceType {
  readonly kind: "sequence";
  readonly byteLength: number;
  readonly base: Hdf5Type;
}

/** References to objects of the same file. */
export interface Hdf5ReferenceType {
  readonly kind: "reference";
  readonly byteLength: number;
}

/** Bytes that only their tag tells about. */
export interface Hdf5OpaqueType {
  readonly kind: "opaque";
  readonly byteLength: number;
  readonly tag: string;
}

/** What has a name here but no reader: its data is refused, everything around it works. */
export interface Hdf5UnsupportedType {
  readonly kind: "unsupported";
  readonly byteLength: number;
  readonly name: string;
}

/** What an element of a dataset or an attribute is. */
export type Hdf5Type =
  | Hdf5NumberType
  | Hdf5BooleanType
  | Hdf5EnumType
  | Hdf5StringType
  | Hdf5CompoundType
  | Hdf5ArrayType
  | Hdf5SequenceType
  | Hdf5ReferenceType
  | Hdf5OpaqueType
  | Hdf5UnsupportedType;

/** A reference to an object: where its header is. Give it to `Hdf5Reader.dereference`. */
export interface Hdf5Reference {
  /** Counted from the superblock; 0 or -1 when it refers to nothing. */
  readonly address: number;
}

/** Whether the type is one of {@link Hdf5NumberType}. */
export function isNumberType(type: Hdf5Type): type is Hdf5NumberType {
  return "bitCount" in type;
}
