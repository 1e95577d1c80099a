import { readFile } from "node:fs/promises";
import { integerBetween, UsageError, type VerbSpec } from "@millrace/cli";
import type { Database } from "../database.ts";
import { DEFAULT_SERVE_OPTIONS, serve } from "../server/server.ts";
import {
  PASSWORD_VARIABLE as DATABASE_PASSWORD_VARIABLE,
  openDatabase,
  openReplicaOf,
} from "./open-database.ts";

interface ServeFlags {
  readonly db?: string;
  readonly ship?: string;
  readonly replica?: string;
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly dbPasswordFile?: string;
}

/** Where the password is taken from when there is no file: not the command line, which others can see. */
const PASSWORD_VARIABLE = "DOCDB_PASSWORD";

/** `serve`: a server for MongoDB's drivers and shell, until it is interrupted. */
export const serveVerb: VerbSpec<ServeFlags> = {
  usage: "serve",
  summary: "serves a database to MongoDB's drivers and shell until it is interrupted",
  example: "serve --db people.db --port 27017",
  flags: (command) =>
    command
      .option("--db <file>", "the database; made when it is missing")
      .option("--ship <target>", "send a copy and the log to a directory or s3://BUCKET/PREFIX as it goes on")
      .option("--replica <target>", "follow the database that is shipped there; read only")
      .option(
        "--host <address>",
        "where to listen; others than this machine take a user",
        DEFAULT_SERVE_OPTIONS.host,
      )
      .option("--port <n>", "0 for any that is free", integerBetween(0, 65_535), DEFAULT_SERVE_OPTIONS.port)
      .option(
        "--user <name>",
        `who may use it, with the password of --password-file or $${PASSWORD_VARIABLE}`,
      )
      .option("--password-file <file>", "its first line is the password of the user")
      .option(
        "--db-password-file <file>",
        `the first line is the password of an encrypted database; otherwise $${DATABASE_PASSWORD_VARIABLE} is`,
      ),
  action: async (context, _args, flags) => {
    const { host, port } = flags;
    const user =
      flags.user === undefined ? undefined : { name: flags.user, password: await passwordOf(flags) };
    await using db = await openServed(flags);
    await using server = await serve(db, { host, port, user });
    const { address } = server;
    context.note(`listening on ${address} (interrupt to end)`);
    const startMs = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    context.signal.addEventListener("abort", () => resolve());
    if (!context.signal.aborted) await promise;
    const { ship, replica } = await db.stats();
    const error = ship?.error ?? replica?.error;
    if (error !== undefined) context.note(error);
    return { json: { address, seconds: (performance.now() - startMs) / 1000 } };
  },
};

function openServed({ db, ship, replica, dbPasswordFile }: ServeFlags): Promise<Database> {
  if (db === undefined)
    throw new UsageError("--db: name the file; of a replica the one that it keeps its pages in");
  const flags = { db, passwordFile: dbPasswordFile };
  if (replica === undefined) return openDatabase(db, flags, { ship });
  if (ship !== undefined) throw new UsageError("--ship and --replica: give one of them");
  return openReplicaOf(replica, db, flags);
}

async function passwordOf({ passwordFile }: ServeFlags): Promise<string> {
  const text =
    passwordFile === undefined ? process.env[PASSWORD_VARIABLE] : await readFile(passwordFile, "utf8");
  const password = text?.split(/\r?\n/)[0] ?? "";
  if (password !== "") return password;
  throw new UsageError(`--user: no password; give --password-file FILE or set ${PASSWORD_VARIABLE}`);
}
