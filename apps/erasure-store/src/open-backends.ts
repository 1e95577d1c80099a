import { MillraceError } from "@millrace/base";
import type { TemporarySpace, Vfs } from "@millrace/files";
import type { MetricsRegistry } from "@millrace/metrics";
import type { HttpPatience, S3Credentials } from "@millrace/remote";
import { RateLimiter } from "@millrace/stream";
import type { ShardBackend } from "./backend.ts";
import { parseLocation } from "./backend-location.ts";
import type { BackendConfig, FilledConfig } from "./config.ts";
import { DirectoryBackend } from "./directory-backend.ts";
import { MeteredBackend } from "./metered-backend.ts";
import type { Size } from "./performance-config.ts";
import { S3Backend } from "./remote/s3-backend.ts";
import { mostPartsInFlight } from "./remote/s3-parts.ts";
import { SftpBackend } from "./remote/sftp-backend.ts";
import type { SftpCredentials } from "./remote/sftp-client.ts";
import { WebDavBackend, type WebDavCredentials } from "./remote/webdav-backend.ts";
import { readSecret } from "./repository-key.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What backends work with. */
export interface BackendSetup {
  readonly vfs: Vfs;
  /** For references to secrets. */
  readonly environment: Environment;
  /** For what must be whole before it is sent. */
  readonly temporary: TemporarySpace;
  readonly patience?: HttpPatience | undefined;
  /** Gets how fast servers are. @default none */
  readonly registry?: MetricsRegistry;
}

/** The backends that a configuration names, in its order. */
export function openBackends(config: FilledConfig, setup: BackendSetup): ShardBackend[] {
  const { upload_limit, download_limit } = config.performance;
  // One limiter for the whole store, beside each backend's own.
  const [upload, download] = [limitersOf(upload_limit), limitersOf(download_limit)];
  return Object.entries(config.backends).map(([name, backend]) => {
    const opened = openBackend(name, backend, config, setup);
    const limits = {
      upload: [...upload, ...limitersOf(backend.upload_limit)],
      download: [...download, ...limitersOf(backend.download_limit)],
    };
    const isLimited = limits.upload.length + limits.download.length > 0;
    if (!isLimited && opened instanceof DirectoryBackend) return opened;
    const isLockVain = backend.honours !== null && !backend.honours.includes("locks");
    return new MeteredBackend(opened, limits, isLockVain, setup.registry);
  });
}

/** Where credentials come from that a configuration does not name. */
const DEFAULT_CREDENTIALS = { s3: "env:AWS", webdav: "env:WEBDAV", sftp: "env:SFTP" } as const;

/** Parts of S3 take no more than this of the memory that the store may have. */
const PARTS_PART = 0.5;

function limitersOf(bytesPerSecond: Size | null): RateLimiter[] {
  return typeof bytesPerSecond === "number" ? [new RateLimiter(bytesPerSecond)] : [];
}

function openBackend(
  name: string,
  { location, credentials: given }: Required<BackendConfig>,
  { durability, performance, backends }: FilledConfig,
  { vfs, environment, temporary, patience }: BackendSetup,
): ShardBackend {
  const place = parseLocation(name, location);
  if (place.kind === "dir") return new DirectoryBackend(vfs, name, place.path, durability);
  const credentials = given === "" ? DEFAULT_CREDENTIALS[place.kind] : given;
  const read = (names: readonly [string, string]): Promise<[string, string]> =>
    readCredentials(vfs, credentials, environment, names);
  if (place.kind === "sftp") {
    const user = (): Promise<SftpCredentials> => readSftpCredentials(vfs, credentials, environment);
    return new SftpBackend(name, { ...place, credentials: user }, place.path, patience);
  }
  if (place.kind === "webdav") {
    const user = async (): Promise<WebDavCredentials> => {
      const [username, password] = await read(["USERNAME", "PASSWORD"]);
      return { username, password };
    };
    return new WebDavBackend(name, place.url, user, temporary, patience);
  }
  const keys = async (): Promise<S3Credentials> => {
    const [accessKeyId, secretAccessKey] = await read(["ACCESS_KEY_ID", "SECRET_ACCESS_KEY"]);
    return { accessKeyId, secretAccessKey };
  };
  const memoryBytes = performance.max_memory_usage * PARTS_PART;
  const most = mostPartsInFlight(memoryBytes, Object.keys(backends).length);
  return new S3Backend(name, { ...place, credentials: keys }, temporary, patience, most);
}

/**
 * "env:NAME" stands for two variables that begin with NAME, "file:PATH" for a file with both values, a line each.
 * @throws MillraceError `STORE_KEY_ABSENT`
 */
async function readCredentials(
  vfs: Vfs,
  reference: string,
  environment: Environment,
  names: readonly [string, string],
): Promise<[string, string]> {
  if (reference.startsWith("env:")) {
    return [
      await readSecret(vfs, `${reference}_${names[0]}`, environment),
      await readSecret(vfs, `${reference}_${names[1]}`, environment),
    ];
  }
  const [first, second] = (await readSecret(vfs, reference, environment)).split(/\r?\n/);
  if (first !== undefined && second !== undefined) return [first, second];
  throw new MillraceError("STORE_KEY_ABSENT", `${reference}: expected two lines, who and the secret`);
}

/**
 * "env:NAME" stands for NAME_PRIVATE_KEY, a file's path, with NAME_PASSPHRASE where it needs one, or for NAME_PASSWORD;
 * "file:PATH" is the private key itself, or a password.
 * @throws MillraceError `STORE_KEY_ABSENT`
 */
async function readSftpCredentials(
  vfs: Vfs,
  reference: string,
  environment: Environment,
): Promise<SftpCredentials> {
  const isKey = (text: string): boolean => text.startsWith("-----BEGIN") || text.startsWith("PuTTY-");
  if (!reference.startsWith("env:")) {
    const secret = await readSecret(vfs, reference, environment);
    return isKey(secret) ? { privateKey: `${secret}\n` } : { password: secret };
  }
  const name = reference.slice("env:".length);
  const path = environment[`${name}_PRIVATE_KEY`];
  if (path === undefined) {
    return { password: await readSecret(vfs, `${reference}_PASSWORD`, environment) };
  }
  const privateKey = `${await readSecret(vfs, `file:${path}`, environment)}\n`;
  const passphrase = environment[`${name}_PASSPHRASE`];
  return { privateKey, ...(passphrase !== undefined && { passphrase }) };
}
