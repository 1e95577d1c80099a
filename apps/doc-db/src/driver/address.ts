/** What an address of a database file says beside its path. */
import { InvalidArgumentError } from "@millrace/base";
import { DEFAULT_DATABASE } from "../names.ts";
import type { DatabaseOptions } from "../options.ts";
import type { ShipOptions } from "../ship/options.ts";
import type { PageCompression } from "../storage/page-codec.ts";

/** A `millrace://` address taken apart. */
export interface FileAddress {
  readonly path: string;
  /** The database that is meant where none is named. */
  readonly database: string;
  /** Those given, and what the address has before them; they are checked where they are used. */
  readonly options: DatabaseOptions;
}

/**
 * Takes an address apart: `?db=NAME`, `?compression=zstd`, `?pageBytes=16384`, `?readOnly=true`, `?ship=TARGET` and
 * `?shipIntervalMs=N`.
 * @throws InvalidArgumentError `DOCDB_ADDRESS_INVALID` for a password in it, which would end in logs, and for an
 *   interval without a target
 */
export function parseFileAddress(url: URL, given: DatabaseOptions = {}): FileAddress {
  const { searchParams } = url;
  const refuse = (received: string, expected: string): never => {
    throw new InvalidArgumentError("DOCDB_ADDRESS_INVALID", "address", received, expected);
  };
  if (searchParams.has("password") || searchParams.has("key") || url.password !== "")
    refuse("a password", "none in the address; the password is an option of connect");
  const compression = searchParams.get("compression") as PageCompression | null;
  const pageBytes = searchParams.get("pageBytes");
  const readOnly = searchParams.get("readOnly");
  if (readOnly !== null && !["true", "false"].includes(readOnly))
    refuse(`readOnly=${readOnly}`, "readOnly=true or readOnly=false");
  const interval = searchParams.get("shipIntervalMs");
  const ship = shipOptions(searchParams.get("ship"), given.ship);
  if (interval !== null && (ship === undefined || !/^\d+$/.test(interval)))
    refuse(
      `shipIntervalMs=${interval}`,
      "whole milliseconds, beside ship=… in the address or among the options",
    );
  return {
    path: decodeURIComponent(url.host + url.pathname),
    database: searchParams.get("db") ?? DEFAULT_DATABASE,
    options: {
      ...given,
      ...(compression === null ? {} : { compression }),
      ...(pageBytes === null ? {} : { pageBytes: Number(pageBytes) }),
      ...(readOnly === null ? {} : { readOnly: readOnly === "true" }),
      ...(ship === undefined
        ? {}
        : { ship: interval === null ? ship : { ...ship, intervalMs: Number(interval) } }),
    },
  };
}

/** A target of the address takes the place of that of the options. */
function shipOptions(
  target: string | null,
  given: string | ShipOptions | undefined,
): ShipOptions | undefined {
  const options = typeof given === "string" ? { to: given } : given;
  return target === null ? options : { ...options, to: target };
}
