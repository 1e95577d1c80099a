import type { Hdf5Dataset, Hdf5DatasetOptions } from "./dataset.ts";
import type { DatasetKind } from "./internal/datatype.ts";
import type { Hdf5Value, Hdf5ValueOptions } from "./internal/value.ts";
import type { Hdf5Table, Hdf5TableOptions, TableColumns } from "./table.ts";

/** What groups and datasets have in common. */
export interface Hdf5Object {
  /** From the root: "/episodes/episode_0000". */
  readonly path: string;
  /**
   * Sets an attribute, or replaces it.
   * @throws InvalidArgumentError `HDF5_NAME_INVALID`, `HDF5_VALUE_UNFIT`
   * @throws CapacityError `HDF5_ATTRIBUTE_TOO_LARGE` above 64 KiB; strings of variable length take 16 bytes there
   * @throws ClosedError
   */
  setAttribute(name: string, value: Hdf5Value, options?: Hdf5ValueOptions): void;
  /**
   * Ends the changes to this object and those in it, so that the next checkpoint lets go of its memory.
   * A second call does nothing.
   */
  close(): Promise<void>;
  /** {@link close} at once. */
  closeSync(): void;
  [Symbol.dispose](): void;
}

/** A group: names of groups and datasets. All of it is in the file from the next checkpoint on. */
export interface Hdf5Group extends Hdf5Object {
  /** The names in this group, in no order. */
  readonly names: readonly string[];
  /**
   * The group of that name: the open one, or read from the file.
   * @throws InvalidArgumentError `HDF5_NAME_MISSING`, `HDF5_KIND_OTHER`
   * @throws InvalidArgumentError `HDF5_OBJECT_REFERENCED` when references of a reopened file lead to it
   * @throws CorruptDataError `HDF5_FILE_FOREIGN`
   * @throws ClosedError when it was closed and no checkpoint has let go of it yet
   */
  openGroup(name: string): Promise<Hdf5Group>;
  /** The streamed dataset of that name, to append to it. @throws as {@link openGroup} does */
  openDataset<K extends DatasetKind>(name: string, kind: K): Promise<Hdf5Dataset<K>>;
  /** {@link openGroup} at once. */
  openGroupSync(name: string): Hdf5Group;
  /** {@link openDataset} at once. */
  openDatasetSync<K extends DatasetKind>(name: string, kind: K): Hdf5Dataset<K>;
  /** The table of that name, to append to it; these must be its columns. @throws as {@link openGroup} does */
  openTable<C extends TableColumns>(name: string, columns: C): Promise<Hdf5Table<C>>;
  /** {@link openTable} at once. */
  openTableSync<C extends TableColumns>(name: string, columns: C): Hdf5Table<C>;
  /** @throws InvalidArgumentError `HDF5_NAME_INVALID`, `HDF5_NAME_TAKEN` */
  createGroup(name: string): Hdf5Group;
  /**
   * Makes a dataset that grows by rows.
   * @throws InvalidArgumentError for names as above, and for options
   * @example
   * const states = group.createDataset("states", { kind: "float32", rowShape: [100] });
   */
  createDataset<K extends DatasetKind>(name: string, options: Hdf5DatasetOptions<K>): Hdf5Dataset<K>;
  /**
   * Makes a table that grows by rows.
   * @throws InvalidArgumentError for names as above, and for options
   * @example
   * const events = group.createTable("events", { columns: { x: "uint16", y: "uint16", p: "int16", t: "int64" } });
   */
  createTable<C extends TableColumns>(name: string, options: Hdf5TableOptions<C>): Hdf5Table<C>;
  /**
   * Writes a dataset of fixed size at once, uncompressed: text, numbers, small arrays.
   * @param value - must not change until the promise resolves
   * @throws InvalidArgumentError for names as above, and `HDF5_VALUE_UNFIT`
   * @throws IoError `HDF5_WRITE_FAILED`
   */
  writeDataset(name: string, value: Hdf5Value, options?: Hdf5ValueOptions): Promise<Hdf5Object>;
  /** {@link writeDataset} at once. */
  writeDatasetSync(name: string, value: Hdf5Value, options?: Hdf5ValueOptions): Hdf5Object;
}
