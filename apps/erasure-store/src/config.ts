import { checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import type { CodeFamily } from "@millrace/reed-solomon";
import { parseLocation, placeOf } from "./backend-location.ts";
import { COMPRESSIONS, type Compression } from "./coding.ts";
import { CODE_FAMILIES } from "./engines.ts";
import {
  checkPerformance,
  DEFAULT_PERFORMANCE,
  type FilledPerformance,
  limitOf,
  type PerformanceConfig,
  type Size,
} from "./performance-config.ts";
import { checkPlacement, type Place } from "./placement.ts";
import { TRAITS, type Trait } from "./probe.ts";
import type { KeyReference } from "./repository-key.ts";
import { MAX_UNIT_BYTES } from "./stripe-layout.ts";

/** A backend of a configuration; a location alone stands for one with all else left out. */
export interface BackendConfig {
  /** "dir:PATH", "s3://BUCKET/PREFIX?endpoint=URL&region=NAME", "webdav:URL", "sftp://USER@HOST:PORT/PATH?fingerprint=…". */
  readonly location: string;
  /**
   * Of a server: "file:PATH", or "env:NAME" for NAME_ACCESS_KEY_ID and NAME_SECRET_ACCESS_KEY (S3), NAME_USERNAME and
   * NAME_PASSWORD (WebDAV), NAME_PRIVATE_KEY (a path) or NAME_PASSWORD (SFTP). @default "env:AWS", "env:WEBDAV", "env:SFTP"
   */
  readonly credentials?: string;
  /** Its share of shards, compared with others'. @default 1 */
  readonly weight?: number;
  /** Most bytes a second that go to it, beside the limit of the store; null for no limit. @default null */
  readonly upload_limit?: Size | null;
  /** Most bytes a second that come from it. @default null */
  readonly download_limit?: Size | null;
  /** What `init` found that a server honours; null where nobody has looked. @default null */
  readonly honours?: readonly Trait[] | null;
  /** What is lost together with it: backends of one domain share a disk, a machine, a room. @default its name */
  readonly domain?: string;
}

/** Levels of notes on stderr. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;

/** What a store's configuration file says. */
export interface StoreConfig {
  /** Version of the configuration's format. @default 1 */
  readonly version?: number;
  /** Which notes a command gives. @default "info" */
  readonly log_level?: (typeof LOG_LEVELS)[number];
  /** Data shards of new objects, 1 or more. @default 4 */
  readonly dataShards?: number;
  /** Parity shards of new objects, 1 or more: as many may be lost. @default 2 */
  readonly parityShards?: number;
  /** Bytes of a shard that are coded and checked at a time; a multiple of 8 up to 16 MiB. @default 65,536 */
  readonly unitBytes?: number;
  /** Objects up to this size lie in their manifests; 0 for none, 1 MiB at the most. @default 4096 */
  readonly inlineBytes?: number;
  /** The code of new objects. @default "vandermonde" */
  readonly codeFamily?: CodeFamily;
  /** What compresses new objects. @default "none" */
  readonly compression?: Compression;
  /** A digest of new objects beside the checksums of their units. @default "none" */
  readonly checksum?: "none" | "sha256";
  /** What a finished put guarantees. @default "disk" */
  readonly durability?: "os" | "disk";
  /** Encrypts new objects with AES-256-GCM; null for none. @default null */
  readonly encryption?: KeyReference | null;
  readonly performance?: PerformanceConfig;
  /** Where shards go, by name. */
  readonly backends: Readonly<Record<string, string | BackendConfig>>;
}

/** {@link StoreConfig} with every field filled in and checked. */
export interface FilledConfig extends Required<StoreConfig> {
  readonly performance: FilledPerformance;
  readonly backends: Readonly<Record<string, Required<BackendConfig>>>;
}

/** What {@link StoreConfig} is where nothing is given. */
export const DEFAULT_STORE_CONFIG: FilledConfig = Object.freeze({
  version: 1,
  log_level: "info",
  dataShards: 4,
  parityShards: 2,
  unitBytes: 65_536,
  inlineBytes: 4096,
  codeFamily: "vandermonde",
  compression: "none",
  checksum: "none",
  durability: "disk",
  encryption: null,
  performance: DEFAULT_PERFORMANCE,
  backends: Object.freeze({}),
});

const DEFAULT_KEY_REFERENCE: Required<KeyReference> = Object.freeze({ key: "", derive: "scrypt", salt: "" });
const DEFAULT_BACKEND: Required<BackendConfig> = Object.freeze({
  location: "",
  credentials: "",
  honours: null,
  upload_limit: null,
  download_limit: null,
  weight: 1,
  domain: "",
});
const BACKEND_NAME = /^[A-Za-z0-9_-]{1,64}$/;
/** Digests of whole objects. */
export const DIGESTS = ["none", "sha256"] as const;

const MAX_INLINE_BYTES = 1024 * 1024;

/**
 * Fills a configuration up and checks it, the spread of shards over failure domains included.
 * @throws InvalidArgumentError for an unknown key, a value outside its range, or too few backends
 */
export function checkConfig(config: StoreConfig): FilledConfig {
  const filled = resolveOptions<Required<StoreConfig>>("store", DEFAULT_STORE_CONFIG, config);
  checkInteger("store", "version", filled.version, 1, 1);
  checkOneOf("store", "log_level", filled.log_level, LOG_LEVELS);
  checkInteger("store", "dataShards", filled.dataShards, 1, 255);
  checkInteger("store", "parityShards", filled.parityShards, 1, 256 - filled.dataShards);
  checkInteger("store", "unitBytes / 8", filled.unitBytes / 8, 1, MAX_UNIT_BYTES / 8);
  checkInteger("store", "inlineBytes", filled.inlineBytes, 0, MAX_INLINE_BYTES);
  checkOneOf("store", "codeFamily", filled.codeFamily, CODE_FAMILIES);
  checkOneOf("store", "compression", filled.compression, COMPRESSIONS);
  checkOneOf("store", "checksum", filled.checksum, DIGESTS);
  checkOneOf("store", "durability", filled.durability, ["os", "disk"]);
  const checked: FilledConfig = {
    ...filled,
    encryption: filled.encryption === null ? null : checkKeyReference(filled.encryption),
    performance: checkPerformance(filled.performance),
    backends: checkBackends(filled.backends),
  };
  checkPlacement(placesOf(checked), filled.dataShards, filled.parityShards);
  return checked;
}

/** What placement goes by. */
export function placesOf({ backends }: FilledConfig): Place[] {
  return Object.entries(backends).map(([name, { weight, domain }]) => ({ name, weight, domain }));
}

function checkBackends(backends: StoreConfig["backends"]): Record<string, Required<BackendConfig>> {
  const locations = new Map<string, string>();
  const filled: Record<string, Required<BackendConfig>> = {};
  for (const [name, given] of Object.entries(backends)) {
    if (!BACKEND_NAME.test(name)) {
      const expected = '1 to 64 letters, digits, "-", "_"';
      throw new InvalidArgumentError("STORE_BACKEND_NAME", "backend name", name, expected);
    }
    const asked = given !== null && typeof given === "object" ? given : { location: given };
    const backend = resolveOptions("store", DEFAULT_BACKEND, asked);
    const path = placeOf(parseLocation(name, backend.location));
    const other = locations.get(path);
    if (other !== undefined) {
      const expected = `a place of its own; ${other} is the same, and both would be lost together`;
      throw new InvalidArgumentError("STORE_BACKEND_TWICE", `backend ${name}`, backend.location, expected);
    }
    locations.set(path, name);
    if (!(typeof backend.weight === "number" && backend.weight > 0 && backend.weight <= 1e9)) {
      const expected = "a number above 0";
      throw new InvalidArgumentError("STORE_BACKEND_WEIGHT", `weight of ${name}`, backend.weight, expected);
    }
    for (const trait of backend.honours ?? []) checkOneOf("store", `honours of ${name}`, trait, TRAITS);
    const upload_limit = limitOf(`store backend ${name}`, "upload_limit", backend.upload_limit);
    const download_limit = limitOf(`store backend ${name}`, "download_limit", backend.download_limit);
    filled[name] = {
      ...backend,
      upload_limit,
      download_limit,
      domain: backend.domain === "" ? name : String(backend.domain),
    };
  }
  return filled;
}

function checkKeyReference(given: KeyReference): KeyReference {
  const { key, derive, salt } = resolveOptions("store encryption", DEFAULT_KEY_REFERENCE, given);
  checkOneOf("store encryption", "derive", derive, ["raw", "scrypt"]);
  if (!/^(env|file):.+/.test(key)) {
    const expected = "env:NAME or file:PATH, never the key itself";
    throw new InvalidArgumentError("STORE_KEY_REFERENCE", "store encryption key", "…", expected);
  }
  if (derive === "scrypt" && !/^[0-9a-f]{32}$/.test(salt)) {
    const expected = "32 hexadecimal digits, which `init` makes";
    throw new InvalidArgumentError("STORE_KEY_SALT", "store encryption salt", salt, expected);
  }
  return { key, derive, salt };
}
