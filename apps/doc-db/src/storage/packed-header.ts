/** What the header of a file says of pages that are compressed or encrypted, as docs/formats/doc-db.md lays it out. */
import { readU32, writeU32 } from "@millrace/base";
import { KEY_BYTES, NONCE_BYTES, TAG_BYTES } from "./aes-gcm.ts";
import { isCostAllowed, type KeyWrap, SALT_BYTES } from "./key-wrap.ts";
import { PAGE_COMPRESSIONS, type PageCompression } from "./page-codec.ts";
import type { PackedLayout } from "./page-file.ts";
import { MAX_ENTRY_BYTES } from "./page-map.ts";

/** How a file is encrypted. */
export interface Encryption {
  /** Of the last opening that wrote something encrypted: a part of its nonces. */
  readonly opening: number;
  readonly salt: Uint8Array;
  readonly wrap: KeyWrap;
}

/** The part of a header that files with page n at n × 8192 do not have. */
export interface PackedHeader {
  /** Of the pages written from now on. */
  readonly compression: PageCompression;
  readonly layout: PackedLayout;
  readonly encryption: Encryption | undefined;
}

const PACKED = 48;
const COMPRESSION = 49;
const ENCRYPTION = 50;
const LEVELS = 51;
const UNITS = 52;
const ROOT = 56;
const OPENING = ROOT + MAX_ENTRY_BYTES;
const FILE_SALT = OPENING + 4;
const COST = FILE_SALT + SALT_BYTES;
const WRAP_SALT = COST + 4;
const WRAP_NONCE = WRAP_SALT + SALT_BYTES;
const WRAPPED = WRAP_NONCE + NONCE_BYTES;
const WRAP_TAG = WRAPPED + KEY_BYTES;
const AES_256_GCM = 1;
const BY_KEY = 0;
const BY_SCRYPT = 1;
const MAX_LEVELS = 8;

/** Puts it into a header's bytes. */
export function encodePackedHeader(
  bytes: Uint8Array,
  { compression, layout, encryption }: PackedHeader,
): void {
  bytes[PACKED] = 1;
  bytes[COMPRESSION] = PAGE_COMPRESSIONS.indexOf(compression);
  bytes[LEVELS] = layout.levels;
  writeU32(bytes, UNITS, layout.units);
  bytes.set(layout.root, ROOT);
  if (encryption === undefined) return;
  const { opening, salt, wrap } = encryption;
  bytes[ENCRYPTION] = AES_256_GCM;
  writeU32(bytes, OPENING, opening);
  bytes.set(salt, FILE_SALT);
  bytes[COST] = wrap.cost === undefined ? BY_KEY : BY_SCRYPT;
  if (wrap.cost !== undefined) bytes.set([wrap.cost.log2N, wrap.cost.r, wrap.cost.p], COST + 1);
  bytes.set(wrap.salt, WRAP_SALT);
  bytes.set(wrap.nonce, WRAP_NONCE);
  bytes.set(wrap.wrapped, WRAPPED);
  bytes.set(wrap.tag, WRAP_TAG);
}

/** Reads it from a header's bytes. @returns undefined for a file without it, "damaged" for what no release writes */
export function decodePackedHeader(bytes: Uint8Array): PackedHeader | undefined | "damaged" {
  if (bytes[PACKED] === 0) return undefined;
  const compression = PAGE_COMPRESSIONS[bytes[COMPRESSION]!];
  const levels = bytes[LEVELS]!;
  if (bytes[PACKED] !== 1 || compression === undefined || levels > MAX_LEVELS) return "damaged";
  const encryption = bytes[ENCRYPTION] === 0 ? undefined : decodeEncryption(bytes);
  if (encryption === "damaged") return "damaged";
  const root = bytes.slice(ROOT, ROOT + MAX_ENTRY_BYTES);
  return { compression, layout: { levels, root, units: readU32(bytes, UNITS) }, encryption };
}

function decodeEncryption(bytes: Uint8Array): Encryption | "damaged" {
  const isByKey = bytes[COST] === BY_KEY;
  const cost = { log2N: bytes[COST + 1]!, r: bytes[COST + 2]!, p: bytes[COST + 3]! };
  const isCostRight = isByKey || (bytes[COST] === BY_SCRYPT && isCostAllowed(cost));
  if (bytes[ENCRYPTION] !== AES_256_GCM || !isCostRight) return "damaged";
  return {
    opening: readU32(bytes, OPENING),
    salt: bytes.slice(FILE_SALT, FILE_SALT + SALT_BYTES),
    wrap: {
      cost: isByKey ? undefined : cost,
      salt: bytes.slice(WRAP_SALT, WRAP_SALT + SALT_BYTES),
      nonce: bytes.slice(WRAP_NONCE, WRAP_NONCE + NONCE_BYTES),
      wrapped: bytes.slice(WRAPPED, WRAPPED + KEY_BYTES),
      tag: bytes.slice(WRAP_TAG, WRAP_TAG + TAG_BYTES),
    },
  };
}
