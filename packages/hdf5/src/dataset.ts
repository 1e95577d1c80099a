import type { TypedArrayOf } from "@millrace/buffers";
import type { Hdf5Object } from "./group.ts";
import type { DatasetKind } from "./internal/datatype.ts";
import type { Hdf5Compression } from "./internal/filters.ts";

/** The element kind whose arrays hold a dataset's values: booleans are bytes 0 and 1. */
export type StorageKind<K extends DatasetKind> = K extends "boolean" ? "uint8" : Exclude<K, "boolean">;

/** What a streamed dataset is. */
export interface Hdf5DatasetOptions<K extends DatasetKind> {
  /** Kind of the elements; booleans are h5py's enumeration. */
  readonly kind: K;
  /** Shape of one row, up to 31 sizes from 1 on; `[100]` makes a matrix of 100 columns. @default [] for single values */
  readonly rowShape?: readonly number[];
  /** Rows of a chunk, which is what is compressed and written at a time; up to 256 MiB. @default 0: some 256 KiB */
  readonly chunkRows?: number;
  /** @default { deflate: 1, strategy: "rle" } */
  readonly compression?: Hdf5Compression | "none";
  /** Whether bytes of equal significance are put together, which helps compression. @default true */
  readonly shuffle?: boolean;
  /** Whether each chunk carries a checksum that readers verify. @default false */
  readonly fletcher32?: boolean;
}

/** What {@link Hdf5DatasetOptions} are when they are not given; the kind always is. */
export const DEFAULT_HDF5_DATASET_OPTIONS: Required<Omit<Hdf5DatasetOptions<DatasetKind>, "kind">> =
  Object.freeze({
    rowShape: Object.freeze([]),
    chunkRows: 0,
    compression: Object.freeze({ deflate: 1, strategy: "rle" } as const),
    shuffle: true,
    fletcher32: false,
  });

/** A dataset that grows by rows. */
export interface Hdf5Dataset<K extends DatasetKind> extends Hdf5Object {
  readonly kind: K;
  /** Rows appended so far. */
  readonly rows: number;
  /**
   * Appends rows, row-major. They are copied when the promise resolves, which is at once unless chunks wait for
   * compression or the disk; await it, or memory is not bounded. Calls take effect in their order.
   * @param values - whole rows
   * @throws InvalidArgumentError `HDF5_DATA_KIND`, `HDF5_DATA_LENGTH`, `HDF5_DATA_BOOLEAN`; nothing is appended then
   * @throws IoError `HDF5_WRITE_FAILED`
   * @throws ClosedError
   */
  append(values: TypedArrayOf<StorageKind<K>>): Promise<void>;
  /**
   * Appends rows at once, for loops that never wait. What {@link append} still has to do is done first. A chunk that is
   * full goes where the writer's option `threads` says; with `"pool"` and no free slot it is done on this thread.
   * @throws as {@link append}
   * @example
   * for (let step = 0; step < 1000; step++) states.appendSync(network.step());
   */
  appendSync(values: TypedArrayOf<StorageKind<K>>): void;
}
