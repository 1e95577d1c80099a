import { openSync, readSync } from "node:fs";

/** A real program's first bytes: the Node binary's, code and tables. */
export function realBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  readSync(openSync(process.execPath, "r"), bytes, 0, length, 0);
  return bytes;
}
