import { checkInteger, checkOneOf, resolveOptions } from "@millrace/base";
import { DURABILITIES, type Durability } from "@millrace/files";
import type { FilterThreads } from "./internal/chunk-pipeline.ts";

/** How a file is written. */
export interface Hdf5WriterOptions {
  /**
   * What a checkpoint guarantees: `"disk"` that it survives power loss, `"os"` that it survives the process; `"none"`
   * is as `"os"` here, since all bytes go to the kernel. @default "disk"
   */
  readonly durability?: Durability;
  /** Bytes of data after which a checkpoint is made by itself; 0 for never. @default 64 MiB */
  readonly checkpointBytes?: number;
  /**
   * Milliseconds after which an append makes a checkpoint, 0 for never. Each one writes the beginnings of chunks that
   * are not full yet once more, so that short times cost space. @default 0
   */
  readonly checkpointMs?: number;
  /** Rows, of all datasets together, after which an append makes a checkpoint; 0 for never. @default 0 */
  readonly checkpointRows?: number;
  /** Most chunks that are being compressed or wait to be written, 1 to 64. @default 4 */
  readonly maxChunksInFlight?: number;
  /**
   * Where full chunks are filtered: `"pool"`, in libuv's threads beside this one, or `"caller"`, on the thread that
   * appends, at once. A loop that never waits gains from the pool only where it awaits `writer.drain()` now and
   * then. @default "pool"
   */
  readonly threads?: FilterThreads;
}

/** What {@link Hdf5WriterOptions} are when they are not given. */
export const DEFAULT_HDF5_WRITER_OPTIONS: Required<Hdf5WriterOptions> = Object.freeze({
  durability: "disk",
  checkpointBytes: 64 * 1024 * 1024,
  checkpointMs: 0,
  checkpointRows: 0,
  maxChunksInFlight: 4,
  threads: "pool",
});

/** Fills up and checks. @throws InvalidArgumentError */
export function resolveWriterOptions(options: Hdf5WriterOptions | undefined): Required<Hdf5WriterOptions> {
  const filled = resolveOptions<Required<Hdf5WriterOptions>>("hdf5", DEFAULT_HDF5_WRITER_OPTIONS, options);
  checkOneOf("hdf5", "durability", filled.durability, DURABILITIES);
  checkInteger("hdf5", "checkpointBytes", filled.checkpointBytes, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("hdf5", "checkpointMs", filled.checkpointMs, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("hdf5", "checkpointRows", filled.checkpointRows, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("hdf5", "maxChunksInFlight", filled.maxChunksInFlight, 1, 64);
  checkOneOf("hdf5", "threads", filled.threads, ["caller", "pool"]);
  return filled;
}
