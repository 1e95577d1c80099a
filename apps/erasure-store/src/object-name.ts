import { InvalidArgumentError } from "@millrace/base";
import { sha256Hex } from "@millrace/compress";

/** Most bytes of an object's name in UTF-8. */
export const MAX_NAME_BYTES = 1024;

/**
 * Checks an object's name: parts between "/", none of them empty, "." or "..", no control characters.
 * @returns the name in UTF-8
 * @throws InvalidArgumentError `STORE_NAME_INVALID`
 */
export function checkObjectName(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  const parts = name.split("/");
  const isFine =
    bytes.length <= MAX_NAME_BYTES &&
    name.isWellFormed() &&
    !/\p{Cc}/u.test(name) &&
    parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (isFine) return bytes;
  throw new InvalidArgumentError(
    "STORE_NAME_INVALID",
    "object name",
    name,
    `1 to ${MAX_NAME_BYTES} bytes of text without control characters, parts between "/" that are not empty, "." or ".."`,
  );
}

/**
 * The part of file names that stands for an object: a digest, so that any name fits on any file system, no name can
 * lead out of a directory, and names that differ in case only stay apart.
 */
export function objectKey(name: string): string {
  return sha256Hex(checkObjectName(name));
}
