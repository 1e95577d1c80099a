import { MillraceError } from "@millrace/base";
import type { Vfs } from "@millrace/files";
import type { ShardBackend } from "./backend.ts";
import { parseLocation } from "./backend-location.ts";
import type { FilledConfig } from "./config.ts";
import { DirectoryBackend } from "./directory-backend.ts";
import type { HttpPatience } from "./remote/http-client.ts";
import { S3Backend, type S3Credentials } from "./remote/s3-backend.ts";
import { readSecret } from "./repository-key.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The backends that a configuration names, in its order. */
export function openBackends(
  vfs: Vfs,
  { backends, durability }: FilledConfig,
  environment: Environment,
  patience?: HttpPatience,
): ShardBackend[] {
  return Object.entries(backends).map(([name, { location, credentials }]) => {
    const place = parseLocation(name, location);
    if (place.kind === "dir") return new DirectoryBackend(vfs, name, place.path, durability);
    const read = (): Promise<S3Credentials> => readCredentials(vfs, credentials, environment);
    return new S3Backend(name, { ...place, credentials: read }, patience);
  });
}

/**
 * "env:NAME" stands for NAME_ACCESS_KEY_ID and NAME_SECRET_ACCESS_KEY, "file:PATH" for a file with both, a line each.
 * @throws MillraceError `STORE_KEY_ABSENT`
 */
async function readCredentials(
  vfs: Vfs,
  reference: string,
  environment: Environment,
): Promise<S3Credentials> {
  if (reference.startsWith("env:")) {
    const [accessKeyId, secretAccessKey] = await Promise.all([
      readSecret(vfs, `${reference}_ACCESS_KEY_ID`, environment),
      readSecret(vfs, `${reference}_SECRET_ACCESS_KEY`, environment),
    ]);
    return { accessKeyId, secretAccessKey };
  }
  const [accessKeyId, secretAccessKey] = (await readSecret(vfs, reference, environment)).split(/\r?\n/);
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  throw new MillraceError(
    "STORE_KEY_ABSENT",
    `${reference}: expected two lines, the key's id and the secret`,
  );
}
