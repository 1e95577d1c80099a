// What needs nothing of Node; index.ts adds the writer.

export type { Hdf5As, Hdf5ValuesAs } from "./reader/as-wanted.ts";
export type { Hdf5Filter, Hdf5Filters, Hdf5FilterUse } from "./reader/filters.ts";
export type { Hdf5AttributeInfo, Hdf5ReadAttributes } from "./reader/read-attributes.ts";
export type {
  Hdf5ReadDataset,
  Hdf5Rows,
} from "./reader/read-dataset.ts";
export type { Hdf5Link, Hdf5ReadGroup, Hdf5ReadObject } from "./reader/read-group.ts";
export type { Hdf5ReadType } from "./reader/read-type.ts";
export type { Hdf5Bytes } from "./reader/reader-file.ts";
export type { Hdf5Selection } from "./reader/selection.ts";
export type {
  Hdf5ArrayType,
  Hdf5BooleanType,
  Hdf5CompoundType,
  Hdf5EnumType,
  Hdf5Field,
  Hdf5NumberType,
  Hdf5OpaqueType,
  Hdf5Reference,
  Hdf5ReferenceType,
  Hdf5SequenceType,
  Hdf5StringType,
  Hdf5Type,
  Hdf5UnsupportedType,
} from "./reader/types.ts";
export type { Hdf5Columns, Hdf5Record, Hdf5Scalar, Hdf5Values } from "./reader/values.ts";
export {
  DEFAULT_HDF5_READER_OPTIONS,
  Hdf5Reader,
  type Hdf5ReaderOptions,
} from "./reader.ts";
