import { CorruptDataError, checkInteger, checkOneOf, InvalidArgumentError } from "@millrace/base";
import { sha256Hex } from "@millrace/compress";
import type { CodeFamily } from "@millrace/reed-solomon";
import { CODE_FAMILIES } from "./engines.ts";

/** Where one shard of an object is. */
export interface ShardRecord {
  /** Name of its backend; null when that could not take it. */
  readonly backend: string | null;
  /** SHA-256 of the shard's header and unit checksums, hexadecimal. */
  readonly digest: string;
}

/** What is known of one version of an object; a copy lies on every backend (docs/formats/shard.md). */
export interface Manifest {
  readonly object: string;
  /** Counts the puts of this object: of several copies the one with the highest is in force. */
  readonly generation: number;
  readonly uploadId: string;
  readonly bytes: number;
  /** SHA-256 of the object, hexadecimal. */
  readonly sha256: string;
  readonly dataShards: number;
  readonly parityShards: number;
  readonly codeFamily: CodeFamily;
  readonly unitBytes: number;
  /** By shard number. */
  readonly shards: readonly ShardRecord[];
}

const FORMAT = "millrace-store-manifest";
const VERSION = 1;

/** A manifest as a line of JSON, and a line with the first line's SHA-256. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const line = JSON.stringify({ format: FORMAT, version: VERSION, ...manifest });
  return new TextEncoder().encode(`${line}\nsha256 ${sha256Hex(new TextEncoder().encode(line))}\n`);
}

/**
 * Reads a manifest.
 * @param path - for messages
 * @throws CorruptDataError `STORE_MANIFEST_CORRUPT`, `STORE_MANIFEST_VERSION`
 */
export function decodeManifest(bytes: Uint8Array, path: string): Manifest {
  const end = bytes.indexOf(10);
  const line = bytes.subarray(0, Math.max(0, end));
  const rest = Buffer.from(bytes.subarray(end + 1)).toString("latin1");
  if (end < 0 || rest !== `sha256 ${sha256Hex(line)}\n`) throw corrupt(path, "its checksum is wrong");
  try {
    const { format, version, ...fields } = JSON.parse(new TextDecoder().decode(line)) as Record<
      string,
      unknown
    >;
    if (format !== FORMAT) throw corrupt(path, `its format is ${JSON.stringify(format)}, not "${FORMAT}"`);
    if (version !== VERSION) {
      const problem = `manifest version ${version}, this program reads ${VERSION}; use the program that wrote it`;
      throw new CorruptDataError("STORE_MANIFEST_VERSION", path, 0, problem);
    }
    return checkFields(fields as Partial<Manifest>);
  } catch (cause) {
    if (cause instanceof CorruptDataError) throw cause;
    // The checksum holds, so a program wrote this: whichever it was, not this one.
    throw corrupt(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function checkFields(fields: Partial<Manifest>): Manifest {
  const text = (name: "object" | "uploadId" | "sha256", pattern: RegExp): string => {
    const value = fields[name];
    if (typeof value === "string" && pattern.test(value)) return value;
    throw new InvalidArgumentError("STORE_MANIFEST_FIELD", name, value, `text like ${pattern}`);
  };
  const integer = (name: "generation" | "bytes" | "dataShards" | "parityShards" | "unitBytes"): number =>
    checkInteger("store", name, fields[name], 0, Number.MAX_SAFE_INTEGER);
  const dataShards = integer("dataShards");
  const parityShards = integer("parityShards");
  const shards = fields.shards ?? [];
  checkInteger(
    "store",
    "number of shards",
    shards.length,
    dataShards + parityShards,
    dataShards + parityShards,
  );
  return {
    object: text("object", /^./u),
    generation: integer("generation"),
    uploadId: text("uploadId", /^[0-9a-f]{32}$/),
    bytes: integer("bytes"),
    sha256: text("sha256", /^[0-9a-f]{64}$/),
    dataShards,
    parityShards,
    codeFamily: checkOneOf("store", "codeFamily", fields.codeFamily, CODE_FAMILIES),
    unitBytes: integer("unitBytes"),
    shards,
  };
}

function corrupt(path: string, problem: string, cause?: unknown): CorruptDataError {
  return new CorruptDataError("STORE_MANIFEST_CORRUPT", path, 0, problem, { cause });
}
