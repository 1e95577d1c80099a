import { UsageError, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { isEncrypted } from "../storage/open-files.ts";
import { byteBar } from "./byte-bar.ts";
import { isAtTerminal, openDatabase, PASSWORD_VARIABLE, passwordIn } from "./open-database.ts";
import { promptPassword } from "./prompt-password.ts";
import { rewriteDatabase } from "./rewrite-database.ts";

interface RekeyFlags {
  readonly db: string;
  readonly passwordFile?: string;
  readonly newPasswordFile?: string;
  readonly encrypt?: boolean;
  readonly decrypt?: boolean;
}

const NEW_PASSWORD_VARIABLE = "MILLRACE_DOCDB_NEW_PASSWORD";

/** `rekey`: gives an encrypted database another password, encrypts one or takes that back. */
export const rekeyVerb: VerbSpec<RekeyFlags> = {
  usage: "rekey",
  summary: "gives an encrypted database another password; the old and the new one come from files",
  example: "rekey --db people.db --password-file old.txt --new-password-file new.txt",
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .option(
        "--new-password-file <file>",
        `its first line is the new password; otherwise $${NEW_PASSWORD_VARIABLE} is, or it is asked for`,
      )
      .option("--encrypt", "write a database that is not encrypted anew, encrypted")
      .option("--decrypt", "write an encrypted database anew, so that anybody can read it"),
  action: async (context, _args, flags) => {
    const { db: path, encrypt, decrypt } = flags;
    if (encrypt === true && decrypt === true) throw new UsageError("--encrypt, --decrypt: one of them");
    const isLocked = await isEncrypted(diskVfs, path);
    if (decrypt === true && !isLocked)
      throw new UsageError(`--decrypt: ${path} is not encrypted; there is nothing to be done`);
    if (encrypt === true && isLocked)
      throw new UsageError(`--encrypt: ${path} is encrypted; leave the flag out to give it another password`);
    if (decrypt === true) {
      const onProgress = byteBar(context, "decrypt");
      return rewriteDatabase(path, flags, { isEncrypted: false, onProgress }, context.signal);
    }
    if (encrypt === true) {
      if (flags.passwordFile !== undefined)
        throw new UsageError("--password-file: with --encrypt there is a new password only");
      const pages = { password: await newPassword(flags), onProgress: byteBar(context, "encrypt") };
      return rewriteDatabase(path, {}, pages, context.signal);
    }
    // The old password first, as it may be asked for.
    await using db = await openDatabase(path, flags, { create: false });
    await db.rekey({ password: await newPassword(flags) });
    return {
      json: { db: path, isRekeyed: true },
      text: "it has the new password; copies from before still open with the old one",
    };
  },
};

async function newPassword({ newPasswordFile }: RekeyFlags): Promise<string> {
  if (newPasswordFile !== undefined) return passwordIn(newPasswordFile, "--new-password-file");
  const given = process.env[NEW_PASSWORD_VARIABLE];
  if (given !== undefined && given !== "") return given;
  if (!isAtTerminal())
    throw new UsageError(
      `--new-password-file: needed, or ${NEW_PASSWORD_VARIABLE} (the old one is in --password-file or ${PASSWORD_VARIABLE})`,
    );
  const first = await promptPassword("new password");
  if (first === "") throw new UsageError("an empty password protects nothing");
  if ((await promptPassword("the same again")) === first) return first;
  throw new UsageError("the two passwords differ");
}
