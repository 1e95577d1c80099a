/** How every verb opens its database: with a password where it is encrypted, which never is on the command line. */
import { readFile } from "node:fs/promises";
import { isMillraceError } from "@millrace/base";
import { UsageError, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { Database } from "../database.ts";
import type { DatabaseOptions, SecretOptions } from "../options.ts";
import { isEncrypted } from "../storage/open-files.ts";
import { promptPassword } from "./prompt-password.ts";

/** Where a database's password is taken from when no file is named. */
export const PASSWORD_VARIABLE = "MILLRACE_DOCDB_PASSWORD";

/** Flags of a verb with a database; the second one is {@link takingPassword}'s. */
export interface DatabaseFlags {
  readonly db?: string | undefined;
  readonly passwordFile?: string | undefined;
}

/** A verb with the flag `--password-file`. */
export function takingPassword<T extends DatabaseFlags>(verb: VerbSpec<T>): VerbSpec<T> {
  return {
    ...verb,
    flags: (command) =>
      (verb.flags?.(command) ?? command).option(
        "--password-file <file>",
        `the first line is the password of an encrypted database; otherwise $${PASSWORD_VARIABLE} is`,
      ),
  };
}

/** Opens a verb's database. */
export async function openDatabase(
  path: string,
  flags: DatabaseFlags,
  options: DatabaseOptions,
): Promise<Database> {
  return Database.open(path, { ...options, ...(await secretOf(path, flags)) });
}

/** Opens a verb's database to read it: nothing is written to it or beside it, where it was closed in order. */
export async function openToRead(
  path: string,
  flags: DatabaseFlags,
  options: DatabaseOptions = {},
): Promise<Database> {
  const secret = await secretOf(path, flags);
  return Database.open(path, { ...options, ...secret, readOnly: true }).catch((error: unknown) => {
    if (!isMillraceError(error, "DOCDB_LOG_NEEDED")) throw error;
    return Database.open(path, { ...options, ...secret, create: false });
  });
}

/** Opens a replica, whose file is made when it is missing: encrypted when what it follows is. */
export async function openReplicaOf(target: string, path: string, flags: DatabaseFlags): Promise<Database> {
  const secret = await secretOf(path, flags);
  return Database.follow(target, path, secret).catch((error: unknown) => {
    // A password in the environment is for those files that need one.
    if (flags.passwordFile === undefined && isMillraceError(error, "DOCDB_PASSWORD_UNUSED"))
      return Database.follow(target, path);
    throw error;
  });
}

/**
 * What opens a database: nothing for one that is there and not encrypted, unless a file was named.
 * A new one is encrypted when there is a password.
 */
export async function secretOf(path: string, { passwordFile }: DatabaseFlags): Promise<SecretOptions> {
  if (passwordFile !== undefined) return { password: await passwordIn(passwordFile, "--password-file") };
  const isThere = await diskVfs.exists(path);
  const isLocked = isThere && (await isEncrypted(diskVfs, path));
  if (isThere && !isLocked) return {};
  const password = process.env[PASSWORD_VARIABLE];
  if (password !== undefined && password !== "") return { password };
  return isLocked && isAtTerminal() ? { password: await promptPassword(`password of ${path}`) } : {};
}

/** The first line of a file. @throws UsageError when it is empty, or there is no file */
export async function passwordIn(path: string, flag: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new UsageError(`${flag}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  });
  const password = text.split(/\r?\n/)[0]!;
  if (password !== "") return password;
  throw new UsageError(`${flag}: the first line of ${path} is empty; it is the password`);
}

/** Whether somebody can be asked. */
export function isAtTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}
