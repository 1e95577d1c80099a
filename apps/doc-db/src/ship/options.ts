import { checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";

/** How a database is shipped. */
export interface ShipOptions {
  /** A directory, or "s3://BUCKET/PREFIX". */
  readonly to: string;
  /** Milliseconds between two looks for what was committed: what a lost machine costs. @default 1000 */
  readonly intervalMs?: number;
  /** Milliseconds: every moment so long ago and later can be restored; older copies and log go. @default 7 days */
  readonly keepMs?: number;
  /** Milliseconds after which a new copy of the file is made, where anything was changed. @default 1 day */
  readonly baseIntervalMs?: number;
  /** Bytes of log in one value, about; a larger record gets one of its own. @default 4 MiB */
  readonly segmentBytes?: number;
  /** Bytes of log that are kept for a target that cannot be reached; beyond it, it gets a new copy later. @default 1 GiB */
  readonly logLimitBytes?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** What {@link ShipOptions} are when they are not given. */
export const DEFAULT_SHIP_OPTIONS: Required<ShipOptions> = Object.freeze({
  to: "",
  intervalMs: 1000,
  keepMs: 7 * DAY_MS,
  baseIntervalMs: DAY_MS,
  segmentBytes: 4 * 1024 * 1024,
  logLimitBytes: 1024 * 1024 * 1024,
});

/** @throws InvalidArgumentError for an unknown key or a value outside its range */
export function resolveShipOptions(given: string | ShipOptions): Required<ShipOptions> {
  const options = resolveOptions<Required<ShipOptions>>(
    "docdb",
    DEFAULT_SHIP_OPTIONS,
    typeof given === "string" ? { to: given } : given,
  );
  if (typeof options.to !== "string" || options.to === "")
    throw new InvalidArgumentError("DOCDB_SHIP_TARGET", "ship target", options.to, "a directory or bucket");
  checkInteger("docdb", "ship intervalMs", options.intervalMs, 1, 2 ** 31 - 1);
  checkInteger("docdb", "ship keepMs", options.keepMs, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("docdb", "ship baseIntervalMs", options.baseIntervalMs, 1, Number.MAX_SAFE_INTEGER);
  checkInteger("docdb", "ship segmentBytes", options.segmentBytes, 4096, 2 ** 25);
  checkInteger("docdb", "ship logLimitBytes", options.logLimitBytes, 2 ** 16, 2 ** 50);
  return options;
}
