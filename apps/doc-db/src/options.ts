import { checkInteger, checkOneOf, resolveOptions } from "@millrace/base";
import { diskVfs, type Vfs } from "@millrace/files";

/** What an awaited change guarantees; the promise table is in the README. */
export type DatabaseDurability = "durable" | "relaxed" | "memory";

/** How a database is opened. None of it is stored. */
export interface DatabaseOptions {
  /** Where the files are. @default the disk */
  readonly vfs?: Vfs;
  /** Most bytes of pages kept in memory; at least 512 KiB. @default 64 MiB */
  readonly cacheBytes?: number;
  /** `durable`: survives a power cut; `relaxed`: survives the process; `memory`: only a close keeps it. @default "durable" */
  readonly durability?: DatabaseDurability;
  /** Bytes of log after which pages are written back and the log is cut. @default 16 MiB */
  readonly checkpointBytes?: number;
  /** Whether a missing file is made; otherwise it is an error. @default true */
  readonly create?: boolean;
  /** Milliseconds between two looks for documents that have expired; 0 for none. @default 60 000 */
  readonly expiryIntervalMs?: number;
  /** What time it is, for what expires. @default the system's clock */
  readonly clock?: () => Date;
}

/** What {@link DatabaseOptions} are when they are not given. */
export const DEFAULT_DATABASE_OPTIONS: Required<DatabaseOptions> = Object.freeze({
  vfs: diskVfs,
  cacheBytes: 64 * 1024 * 1024,
  durability: "durable",
  checkpointBytes: 16 * 1024 * 1024,
  create: true,
  expiryIntervalMs: 60_000,
  clock: () => new Date(),
});

const DURABILITIES: readonly DatabaseDurability[] = ["durable", "relaxed", "memory"];

/** @throws InvalidArgumentError for an unknown key or a value outside its range */
export function resolveDatabaseOptions(given: DatabaseOptions | undefined): Required<DatabaseOptions> {
  const options = resolveOptions<Required<DatabaseOptions>>("docdb", DEFAULT_DATABASE_OPTIONS, given);
  checkInteger("docdb", "cacheBytes", options.cacheBytes, 512 * 1024, 2 ** 40);
  checkOneOf("docdb", "durability", options.durability, DURABILITIES);
  checkInteger("docdb", "checkpointBytes", options.checkpointBytes, 64 * 1024, 2 ** 40);
  checkInteger("docdb", "expiryIntervalMs", options.expiryIntervalMs, 0, 2 ** 31 - 1);
  return options;
}
