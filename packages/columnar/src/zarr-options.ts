import type { ElementKind } from "@millrace/buffers";
import type { Durability } from "@millrace/files";

/** What an array can hold; booleans are bytes 0 and 1. */
export type ZarrKind = ElementKind | "boolean";

/** How chunks are compressed: any reader of Zarr 3 has both. */
export type ZarrCompression = { readonly gzip: number } | { readonly zstd: number };

/** How a store is written. */
export interface ZarrWriterOptions {
  /**
   * What a checkpoint guarantees: `"disk"` that it survives power loss, `"os"` that it survives the process; `"none"`
   * is as `"os"` here, since all bytes go to the kernel. @default "disk"
   */
  readonly durability?: Durability;
  /** Bytes of compressed data after which a checkpoint is made by itself; 0 for never. @default 64 MiB */
  readonly checkpointBytes?: number;
  /** Milliseconds after which an append makes a checkpoint; 0 for never. @default 0 */
  readonly checkpointMs?: number;
}

/** What {@link ZarrWriterOptions} are when they are not given. */
export const DEFAULT_ZARR_WRITER_OPTIONS: Required<ZarrWriterOptions> = Object.freeze({
  durability: "disk",
  checkpointBytes: 64 * 1024 * 1024,
  checkpointMs: 0,
});

/** What a growing array is. */
export interface ZarrArrayOptions<K extends ZarrKind> {
  readonly kind: K;
  /** Shape of one row, sizes from 1 on. @default [] for single values */
  readonly rowShape?: readonly number[];
  /** Rows of a chunk, which is what is compressed at a time; up to 256 MiB. @default 0: some 256 KiB */
  readonly chunkRows?: number;
  /** Chunks of a shard, which is one file and stays in memory until it is full; 1 for a file for each chunk. @default 16 */
  readonly shardChunks?: number;
  /** Level of gzip 1 to 9, or of zstd 1 to 22, or neither. @default { zstd: 3 } */
  readonly compression?: ZarrCompression | "none";
  /** Whether each chunk carries a CRC-32C. @default false */
  readonly checksum?: boolean;
  /** A name for each dimension, rows first. @default [] for none */
  readonly dimensionNames?: readonly string[];
}

/** What {@link ZarrArrayOptions} are when they are not given; the kind always is. */
export const DEFAULT_ZARR_ARRAY_OPTIONS: Required<Omit<ZarrArrayOptions<ZarrKind>, "kind">> = Object.freeze({
  rowShape: Object.freeze([]),
  chunkRows: 0,
  shardChunks: 16,
  compression: Object.freeze({ zstd: 3 }),
  checksum: false,
  dimensionNames: Object.freeze([]),
});
