import { CorruptDataError, checkInteger, checkOneOf, InvalidArgumentError } from "@millrace/base";
import { sha256Hex } from "@millrace/compress";
import type { CodeFamily } from "@millrace/reed-solomon";
import { type Coding, checkCoding, isPlain } from "./coding.ts";
import { CODE_FAMILIES } from "./engines.ts";
import { MAX_SHARDS, MAX_UNIT_BYTES } from "./stripe-layout.ts";

/** Where one shard of an object is. */
export interface ShardRecord {
  /** Name of its backend; null when that could not take it. */
  readonly backend: string | null;
  /** SHA-256 of the shard's header and unit checksums, hexadecimal; null when nobody knows it. */
  readonly digest: string | null;
}

/** What is known of one version of an object; a copy lies on every backend (docs/formats/shard.md). */
export interface Manifest {
  readonly object: string;
  /** Counts the puts of this object: of several copies the one with the highest is in force. */
  readonly generation: number;
  readonly uploadId: string;
  /** When the put began, in milliseconds since 1970. */
  readonly createdMs: number;
  readonly bytes: number;
  /** Bytes that were cut into shards. */
  readonly storedBytes: number;
  /** SHA-256 of the object, keyed where it is encrypted (`ObjectDigest`), hexadecimal; null when none was asked for. */
  readonly sha256: string | null;
  readonly dataShards: number;
  readonly parityShards: number;
  readonly codeFamily: CodeFamily;
  readonly unitBytes: number;
  readonly coding: Coding;
  /** The stored bytes of a small object, in Base64: it has no shards. */
  readonly inline: string | null;
  /** By shard number; none of a small object. */
  readonly shards: readonly ShardRecord[];
  /** That the object was removed while backends were away, which may have older manifests; it has neither bytes nor shards. */
  readonly removed?: true;
}

const FORMAT = "millrace-store-manifest";
const VERSION = 3;
/** 8 PiB, so that all arithmetic on sizes is exact. */
const MAX_OBJECT_BYTES = 2 ** 53 - 1;

const HEX_128 = /^[0-9a-f]{32}$/;
const HEX_256 = /^[0-9a-f]{64}$/;

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
  const text = <T extends string | null>(name: string, value: T | undefined, pattern: RegExp): T => {
    if (typeof value === "string" && pattern.test(value)) return value;
    throw new InvalidArgumentError("STORE_MANIFEST_FIELD", name, value, `text like ${pattern}`);
  };
  const integer = (name: string, value: unknown, lo: number, hi: number): number =>
    checkInteger("store", name, value, lo, hi);
  const dataShards = integer("dataShards", fields.dataShards, 1, MAX_SHARDS);
  const parityShards = integer("parityShards", fields.parityShards, 0, MAX_SHARDS - dataShards);
  const inline = fields.inline ?? null;
  const shards = fields.shards ?? [];
  const isRemoved = fields.removed !== undefined;
  if (isRemoved && fields.removed !== true) {
    throw new InvalidArgumentError("STORE_MANIFEST_FIELD", "removed", fields.removed, "true, or none");
  }
  const total = inline === null && !isRemoved ? dataShards + parityShards : 0;
  integer("number of shards", shards.length, total, total);
  const bytes = integer("bytes", fields.bytes, 0, MAX_OBJECT_BYTES);
  const coding = checkCoding(fields.coding);
  // What is stored as it is has its own size; a size that does not fit could only mislead.
  const [least, most] = isPlain(coding) ? [bytes, bytes] : [0, MAX_OBJECT_BYTES];
  const storedBytes = integer("storedBytes", fields.storedBytes, least, most);
  if (inline !== null) {
    text("inline", inline, /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
    integer("inline bytes", Buffer.byteLength(inline, "base64"), storedBytes, storedBytes);
  }
  return {
    object: text("object", fields.object, /^./u),
    generation: integer("generation", fields.generation, 0, MAX_OBJECT_BYTES),
    uploadId: text("uploadId", fields.uploadId, HEX_128),
    createdMs: integer("createdMs", fields.createdMs, 0, MAX_OBJECT_BYTES),
    bytes,
    storedBytes,
    sha256: fields.sha256 === null ? null : text("sha256", fields.sha256, HEX_256),
    dataShards,
    parityShards,
    codeFamily: checkOneOf("store", "codeFamily", fields.codeFamily, CODE_FAMILIES),
    unitBytes: 8 * integer("unitBytes / 8", Number(fields.unitBytes) / 8, 1, MAX_UNIT_BYTES / 8),
    coding,
    inline,
    shards: shards.map(({ backend, digest }) => ({
      backend: backend === null ? null : text("backend", backend, /^[A-Za-z0-9_-]{1,64}$/),
      digest: digest === null ? null : text("digest", digest, HEX_256),
    })),
    ...(isRemoved && { removed: true }),
  };
}

function corrupt(path: string, problem: string, cause?: unknown): CorruptDataError {
  return new CorruptDataError("STORE_MANIFEST_CORRUPT", path, 0, problem, { cause });
}
