/** Where a database is shipped to: a directory or a bucket, as a few calls on whole values. */
import { InvalidArgumentError } from "@millrace/base";
import type { Vfs } from "@millrace/files";
import { BucketTarget, bucketOf } from "./bucket-target.ts";
import { DirectoryTarget } from "./directory-target.ts";

/** Values by key; a key has "/" between its parts. */
export interface ShipTarget {
  /** As it was given, for messages. */
  readonly name: string;
  /** Puts a value, durably; it is there whole or not at all, in the place of the one before. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** @returns undefined where there is none */
  get(key: string): Promise<Uint8Array | undefined>;
  /** All keys below a folder, or below all, in order. @param folder - "" or one that ends in "/" */
  list(folder: string): Promise<string[]>;
  /** Fine when there is none. */
  remove(key: string): Promise<void>;
}

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Opens "s3://BUCKET/PREFIX", whose endpoint, region and credentials come from the environment, or a directory.
 * @throws InvalidArgumentError `DOCDB_SHIP_TARGET`
 */
export function openShipTarget(
  location: string,
  vfs: Vfs,
  environment: Environment = process.env,
): ShipTarget {
  if (typeof location === "string" && location.startsWith("s3://"))
    return new BucketTarget(location, bucketOf(location, environment));
  if (typeof location === "string" && location !== "" && !location.includes("://"))
    return new DirectoryTarget(location, vfs);
  const expected = 'a directory, or a bucket as "s3://BUCKET/PREFIX"';
  throw new InvalidArgumentError("DOCDB_SHIP_TARGET", "ship target", location, expected);
}
