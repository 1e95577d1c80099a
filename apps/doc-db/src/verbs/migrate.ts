import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MillraceError } from "@millrace/base";
import { formatFacts, UsageError, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { connect } from "../driver/connect.ts";
import type { MongoClient } from "../driver/types.ts";
import { secretOf } from "./open-database.ts";

/** Where it is written down which migrations were run. */
const DONE = "migrations";
const NAME = /^\d+.*\.(js|mjs|ts|mts)$/;

/** What a migration's file exports. */
type Migration = (context: {
  readonly db: ReturnType<MongoClient["db"]>;
  readonly session: ReturnType<MongoClient["startSession"]>;
}) => Promise<void>;

/** `migrate <directory>`: runs the migrations that were not run yet, each in a transaction. */
export const migrateVerb: VerbSpec<{ readonly db: string; readonly dryRun?: boolean }> = {
  usage: "migrate <directory>",
  summary:
    "runs the files of a directory that were not run yet, in the order of their numbers, each in a transaction",
  example: "migrate --db people.db migrations",
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .option("--dry-run", "only tell which ones would be run"),
  action: async (context, [directory], flags) => {
    const names = (await readdir(directory!).catch(() => noDirectory(directory!)))
      .filter((name) => NAME.test(name))
      .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
    if (!(await diskVfs.exists(flags.db))) throw new UsageError(`--db: ${flags.db} is not there`);
    await using client = await connect(`millrace://${resolve(flags.db)}`, await secretOf(flags.db, flags));
    const db = client.db();
    const done = db.collection(DONE);
    const ran = new Set((await done.find().toArray()).map(({ _id }) => String(_id)));
    const waiting = names.filter((name) => !ran.has(name));
    if (flags.dryRun !== true) {
      for (const name of waiting) {
        context.signal.throwIfAborted();
        const up = await load(join(directory!, name));
        await client
          .withSession((session) =>
            session.withTransaction(async () => {
              await up({ db, session });
              await done.insertOne({ _id: name, at: new Date() }, { session });
            }),
          )
          .catch((cause: unknown) => {
            const problem = cause instanceof Error ? cause.message : String(cause);
            const told = `${name}: ${problem}; nothing of this migration was kept`;
            throw new MillraceError("DOCDB_MIGRATION_FAILED", told, { cause });
          });
        context.note(`${name}: done`);
      }
    }
    return {
      json: { migrations: waiting, done: flags.dryRun === true ? 0 : waiting.length, before: ran.size },
      text: formatFacts([
        [flags.dryRun === true ? "to be run" : "run", waiting.join(", ") || "none"],
        ["run before", ran.size],
      ]),
    };
  },
};

async function load(path: string): Promise<Migration> {
  const module: unknown = await import(pathToFileURL(resolve(path)).href).catch((error: unknown) => {
    throw new UsageError(`${path}: cannot be loaded: ${String(error)}`);
  });
  const up = (module as { up?: unknown }).up;
  if (typeof up === "function") return up as Migration;
  throw new UsageError(`${path}: exports no function "up"; it is given { db, session }`);
}

function noDirectory(path: string): never {
  throw new UsageError(`${path}: is no directory of migrations, files such as 001-names.js`);
}
