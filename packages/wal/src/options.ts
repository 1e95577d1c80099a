import { checkInteger, checkOneOf, resolveOptions } from "@millrace/base";
import { DURABILITIES, type Durability } from "@millrace/files";

/** How a log is written. None of it is stored: a log may be opened with other options than before. */
export interface WalOptions {
  /** Size at which the next segment file begins, in bytes; a multiple of 4096. @default 16 MiB */
  readonly segmentBytes?: number;
  /** What an awaited append guarantees. @default "disk" */
  readonly durability?: Durability;
  /** With durability "os" and "none": what was written is synced after so many milliseconds, at the latest; 0 for never. @default 0 */
  readonly syncIntervalMs?: number;
  /** Largest record in bytes; one above `segmentBytes` gets a segment of its own. @default 16 MiB */
  readonly maxRecordBytes?: number;
  /** Lsn of the first record of a log that has none: to go on behind a copy of another one. @default 1 */
  readonly firstLsn?: number;
}

/** What {@link WalOptions} are when they are not given. */
export const DEFAULT_WAL_OPTIONS: Required<WalOptions> = Object.freeze({
  segmentBytes: 16 * 1024 * 1024,
  durability: "disk",
  syncIntervalMs: 0,
  maxRecordBytes: 16 * 1024 * 1024,
  firstLsn: 1,
});

/** @throws InvalidArgumentError for an unknown key or a value outside its range */
export function resolveWalOptions(given: WalOptions | undefined): Required<WalOptions> {
  const options = resolveOptions<Required<WalOptions>>("wal", DEFAULT_WAL_OPTIONS, given);
  checkInteger("wal", "segmentBytes / 4096", options.segmentBytes / 4096, 1, 2 ** 18);
  checkOneOf("wal", "durability", options.durability, DURABILITIES);
  checkInteger("wal", "syncIntervalMs", options.syncIntervalMs, 0, 2 ** 31 - 1);
  checkInteger("wal", "maxRecordBytes", options.maxRecordBytes, 0, 2 ** 30);
  checkInteger("wal", "firstLsn", options.firstLsn, 1, Number.MAX_SAFE_INTEGER);
  return options;
}
