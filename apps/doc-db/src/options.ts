import { checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { diskVfs, type Vfs } from "@millrace/files";
import { resolveShipOptions, type ShipOptions } from "./ship/options.ts";
import { KEY_BYTES } from "./storage/aes-gcm.ts";
import { PAGE_COMPRESSIONS, type PageCompression } from "./storage/page-codec.ts";
import { PAGE_SIZES } from "./storage/page-format.ts";

/** What an awaited change guarantees; the promise table is in the README. */
export type DatabaseDurability = "durable" | "relaxed" | "memory";

/** How a database is opened. None of it is stored but how pages are compressed, and the password's use. */
export interface DatabaseOptions {
  /** Where the files are. @default the disk */
  readonly vfs?: Vfs;
  /** Most bytes of pages kept in memory; at least 512 KiB, and 64 pages. @default 64 MiB */
  readonly cacheBytes?: number;
  /** Most bytes of page buffers that no page is in, kept to be used again; 0 for none. @default 4 MiB */
  readonly poolBytes?: number;
  /** `durable`: survives a power cut; `relaxed`: survives the process; `memory`: only a close keeps it. @default "durable" */
  readonly durability?: DatabaseDurability;
  /** With `relaxed`: changes are on the disk so many milliseconds after they are acknowledged, at the latest; 0: at the next checkpoint. @default 1000 */
  readonly syncIntervalMs?: number;
  /**
   * Bytes of changes in the log after which pages are written back and the log is cut. Whole pages, each once, come on
   * top of that, up to `cacheBytes`; of pages that a large insertion puts into the file at once a quarter counts.
   * @default 64 MiB
   */
  readonly checkpointBytes?: number;
  /**
   * Whether the file is opened to be read: it must have been closed in order. Nothing is written, so that it may lie
   * where nothing can be. @default false
   */
  readonly readOnly?: boolean;
  /** Whether a missing file is made; otherwise it is an error. @default true */
  readonly create?: boolean;
  /** Milliseconds between two looks for documents that have expired; 0 for none. @default 60 000 */
  readonly expiryIntervalMs?: number;
  /** What time it is, for what expires. @default the system's clock */
  readonly clock?: () => Date;
  /** Bytes of a page of a new file: 4096, 8192, 16384 or 32768; others than a file was made with are refused. @default 8192, or as it is */
  readonly pageBytes?: number | undefined;
  /** How the pages of a new file are compressed; another one than a file was made with is refused. @default "none", or as it is */
  readonly compression?: PageCompression | undefined;
  /** Encrypts a new file, opens an encrypted one. @default none */
  readonly password?: string | undefined;
  /** 32 bytes in place of a password, which saves the time that a key is made of it in. @default none */
  readonly key?: Uint8Array | undefined;
  /** Where copies and the log go, for replicas and restores to a moment: a directory or "s3://BUCKET/PREFIX". @default none */
  readonly ship?: string | ShipOptions | undefined;
}

/** What {@link DatabaseOptions} are when they are not given. */
export const DEFAULT_DATABASE_OPTIONS: Required<DatabaseOptions> = Object.freeze({
  vfs: diskVfs,
  cacheBytes: 64 * 1024 * 1024,
  poolBytes: 4 * 1024 * 1024,
  durability: "durable",
  syncIntervalMs: 1000,
  checkpointBytes: 64 * 1024 * 1024,
  readOnly: false,
  create: true,
  expiryIntervalMs: 60_000,
  clock: () => new Date(),
  pageBytes: undefined,
  compression: undefined,
  password: undefined,
  key: undefined,
  ship: undefined,
});

const DURABILITIES: readonly DatabaseDurability[] = ["durable", "relaxed", "memory"];

/** @throws InvalidArgumentError for an unknown key or a value outside its range */
export function resolveDatabaseOptions(given: DatabaseOptions | undefined): Required<DatabaseOptions> {
  const options = resolveOptions<Required<DatabaseOptions>>("docdb", DEFAULT_DATABASE_OPTIONS, given);
  checkInteger("docdb", "cacheBytes", options.cacheBytes, 512 * 1024, 2 ** 40);
  checkInteger("docdb", "poolBytes", options.poolBytes, 0, 2 ** 40);
  checkOneOf("docdb", "durability", options.durability, DURABILITIES);
  checkInteger("docdb", "syncIntervalMs", options.syncIntervalMs, 0, 2 ** 31 - 1);
  checkInteger("docdb", "checkpointBytes", options.checkpointBytes, 64 * 1024, 2 ** 40);
  checkInteger("docdb", "expiryIntervalMs", options.expiryIntervalMs, 0, 2 ** 31 - 1);
  if (options.pageBytes !== undefined) checkPageBytes(options.pageBytes);
  if (options.compression !== undefined)
    checkOneOf("docdb", "compression", options.compression, PAGE_COMPRESSIONS);
  checkSecret(options);
  if (options.ship !== undefined) resolveShipOptions(options.ship);
  if (typeof options.readOnly !== "boolean")
    throw new InvalidArgumentError("DOCDB_OPTION_VALUE", "docdb readOnly", options.readOnly, "a boolean");
  if (options.readOnly && options.ship !== undefined)
    throw new InvalidArgumentError("DOCDB_OPTION_VALUE", "docdb ship", "a target", "none beside readOnly");
  return options;
}

/** @throws InvalidArgumentError for what no page has */
export function checkPageBytes(pageBytes: number): void {
  checkOneOf("docdb", "pageBytes", pageBytes, PAGE_SIZES);
}

/** What opens an encrypted file. */
export interface SecretOptions {
  readonly password?: string | undefined;
  /** 32 bytes in place of a password. */
  readonly key?: Uint8Array | undefined;
}

/** @throws InvalidArgumentError for both a password and a key, an empty password, a key of another length */
export function checkSecret({ password, key }: SecretOptions): void {
  // Never the value itself: the message may end in a log.
  const refuse = (name: string, received: string, expected: string): never => {
    throw new InvalidArgumentError("DOCDB_OPTION_VALUE", `docdb ${name}`, received, expected);
  };
  if (password !== undefined && key !== undefined) refuse("key", "a key", "none beside a password");
  if (password !== undefined && (typeof password !== "string" || password === ""))
    refuse("password", password === "" ? "nothing" : typeof password, "text");
  if (key !== undefined && (!(key instanceof Uint8Array) || key.length !== KEY_BYTES))
    refuse("key", key instanceof Uint8Array ? `${key.length} bytes` : typeof key, `${KEY_BYTES} bytes`);
}
