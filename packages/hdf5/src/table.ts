import type { TypedArrayOf } from "@millrace/buffers";
import { DEFAULT_HDF5_DATASET_OPTIONS, type Hdf5DatasetOptions, type StorageKind } from "./dataset.ts";
import type { Hdf5Object } from "./group.ts";
import type { DatasetKind } from "./internal/datatype.ts";

/** The columns of a table, in their order: names, and what their values are. */
export type TableColumns = Readonly<Record<string, DatasetKind>>;

/** Values for each column, as many in each; booleans are bytes 0 and 1. */
export type TableRows<C extends TableColumns> = {
  readonly [name in keyof C]: TypedArrayOf<StorageKind<C[name]>>;
};

/** What a table is: its columns, and how its chunks are made, as with a dataset. */
export interface Hdf5TableOptions<C extends TableColumns>
  extends Pick<Hdf5DatasetOptions<DatasetKind>, "chunkRows" | "compression" | "shuffle" | "fletcher32"> {
  /** Names and kinds; in the file each lies where a C compiler would put it, at a multiple of its size. */
  readonly columns: C;
}

/** What {@link Hdf5TableOptions} are when they are not given; the columns always are. */
export const DEFAULT_HDF5_TABLE_OPTIONS: Required<Omit<Hdf5TableOptions<TableColumns>, "columns">> =
  Object.freeze({
    chunkRows: DEFAULT_HDF5_DATASET_OPTIONS.chunkRows,
    compression: DEFAULT_HDF5_DATASET_OPTIONS.compression,
    shuffle: DEFAULT_HDF5_DATASET_OPTIONS.shuffle,
    fletcher32: DEFAULT_HDF5_DATASET_OPTIONS.fletcher32,
  });

/** A dataset of rows with named columns (HDF5's compound type), which grows by rows. */
export interface Hdf5Table<C extends TableColumns> extends Hdf5Object {
  readonly columns: C;
  /** Rows appended so far. */
  readonly rows: number;
  /**
   * Appends rows, given by columns. They are copied before the call returns; await it, or memory is not bounded.
   * @throws InvalidArgumentError `HDF5_DATA_COLUMNS`, `HDF5_DATA_KIND`, `HDF5_DATA_LENGTH`, `HDF5_DATA_BOOLEAN`; nothing
   *   is appended then
   * @throws IoError `HDF5_WRITE_FAILED`
   * @throws ClosedError
   */
  append(rows: TableRows<C>): Promise<void>;
  /** Appends rows at once, for loops that never wait. @throws as {@link append} */
  appendSync(rows: TableRows<C>): void;
}
