/** What a target holds, as docs/formats/doc-db-ship.md lays it out. */
import { CorruptDataError, crc32c, MillraceError } from "@millrace/base";
import type { ShipTarget } from "./target.ts";

export const MANIFEST_KEY = "manifest.json";
const FORMAT = "millrace doc-db ship";
const VERSION = 1;

/** A copy of the file. */
export interface ShipBase {
  /** One more with each base of a line. */
  readonly id: number;
  /** The file's checkpoint: the log that makes a whole of it begins with this record. */
  readonly lsn: number;
  /** The copy is whole with the log up to this record, or further. */
  readonly wholeLsn: number;
  /** Commits up to `wholeLsn` were made until then, in milliseconds since 1970. */
  readonly atMs: number;
  readonly bytes: number;
}

/** A log without a hole, and copies to begin with. */
export interface ShipLine {
  readonly line: number;
  readonly databaseId: number;
  /** Whether commits between the line before and this one were lost to the target. */
  readonly isAfterGap: boolean;
  readonly startMs: number;
  readonly firstLsn: number;
  /** The last record that is here. */
  readonly lastLsn: number;
  /** When it was committed. */
  readonly lastMs: number;
  /** CRC-32C of it: whether a database that goes on is the one that was shipped. */
  readonly lastChecksum: number;
  readonly bases: readonly ShipBase[];
  /** First and last record of the newest segments, so that who follows needs no list of keys. */
  readonly recent: readonly (readonly [number, number])[];
}

/** A target's contents. */
export interface ShipManifest {
  /** Random; tells targets apart. */
  readonly target: string;
  /** Random, of who ships here now; whoever finds another one's stops. */
  readonly writer: string;
  /** The last one goes on. */
  readonly lines: readonly ShipLine[];
}

/** What belongs to one copy: the checksums of its parts. */
export interface BaseParts {
  readonly bytes: number;
  readonly partBytes: number;
  /** CRC-32C of each part. */
  readonly checksums: readonly number[];
}

export function baseFolder(line: number, base: number): string {
  return `bases/${padded(line, 8)}-${padded(base, 8)}/`;
}

export function baseKey(line: number, base: number): string {
  return `${baseFolder(line, base)}base.json`;
}

export function partKey(line: number, base: number, part: number): string {
  return `${baseFolder(line, base)}${padded(part, 8)}.part`;
}

export function logFolder(line: number): string {
  return `log/${padded(line, 8)}/`;
}

export function segmentKey(line: number, firstLsn: number, lastLsn: number): string {
  return `${logFolder(line)}${padded(firstLsn, 16)}-${padded(lastLsn, 16)}.log`;
}

/** What a segment's key says; undefined for a key that is none's. */
export function parseSegmentKey(
  key: string,
): { readonly line: number; readonly firstLsn: number; readonly lastLsn: number } | undefined {
  const [, line, first, last] = /^log\/(\d{8})\/(\d{16})-(\d{16})\.log$/.exec(key) ?? [];
  if (line === undefined) return undefined;
  return { line: Number(line), firstLsn: Number(first), lastLsn: Number(last) };
}

/** A manifest, or another value of this format, with its checksum. */
export function encodeChecked(content: object): Uint8Array {
  const text = JSON.stringify(content);
  const checksum = crc32c(new TextEncoder().encode(text));
  return new TextEncoder().encode(
    `{"format":"${FORMAT}","version":${VERSION},"checksum":${checksum},"content":${text}}\n`,
  );
}

/** @throws CorruptDataError `DOCDB_SHIP_CORRUPT`; MillraceError `DOCDB_SHIP_VERSION` */
export function decodeChecked<T extends object>(bytes: Uint8Array, what: string): T {
  const text = new TextDecoder().decode(bytes);
  const { format, version, checksum, content } = parsed(text);
  if (format === FORMAT && version !== VERSION)
    throw new MillraceError(
      "DOCDB_SHIP_VERSION",
      `${what}: has version ${String(version)}, expected ${VERSION}; read it with the release that wrote it`,
    );
  const isWhole =
    format === FORMAT &&
    typeof content === "object" &&
    content !== null &&
    checksum === crc32c(new TextEncoder().encode(JSON.stringify(content)));
  if (!isWhole) throw corruptValue(what, "is not what was written there");
  return content as T;
}

export function corruptValue(what: string, problem: string): CorruptDataError {
  return new CorruptDataError("DOCDB_SHIP_CORRUPT", what, 0, `${problem}; restore it from a copy`);
}

/** @returns undefined for a target that nothing was shipped to */
export async function readManifest(target: ShipTarget): Promise<ShipManifest | undefined> {
  const bytes = await target.get(MANIFEST_KEY);
  if (bytes === undefined) return undefined;
  return decodeChecked<ShipManifest>(bytes, `${target.name}: ${MANIFEST_KEY}`);
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Told of by whoever asked, as any other text that is no manifest.
    return {};
  }
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, "0");
}
