import { UsageError, type VerbContext, type VerbSpec } from "@millrace/cli";
import { FEED_COLLECTION } from "../changes/feed.ts";
import { valueToJson } from "../document/extended-json.ts";
import type { Document } from "../document/value.ts";
import { parseObject } from "./arguments.ts";
import { connectServer } from "./connect-server.ts";
import { openDatabase } from "./open-database.ts";

interface TailFlags {
  readonly db?: string;
  readonly uri?: string;
  readonly database: string;
  readonly collection?: string;
  readonly after?: string;
}

/** How long a server is asked to wait for a change before it is asked again. */
const WAIT_MS = 500;

/** `tail`: prints changes: those that a file has kept, or of a server each as it is committed. */
export const tailVerb: VerbSpec<TailFlags> = {
  usage: "tail",
  summary: "prints the changes that a file keeps, or those of a server until it is interrupted",
  example: "tail --db people.db --collection people",
  flags: (command) =>
    command
      .option("--db <file>", "the database; it keeps changes from its first change stream on")
      .option("--uri <address>", "a server in place of a file: mongodb://127.0.0.1:27017")
      .option("--database <name>", "whose collections", "test")
      .option("--collection <name>", "only this one's changes")
      .option("--after <token>", "only those behind this token, the _id of a change"),
  action: async (context, _args, flags) => {
    const token = flags.after === undefined ? undefined : parseObject("--after", flags.after);
    if ((flags.db === undefined) === (flags.uri === undefined))
      throw new UsageError("--db or --uri: one of them says where the changes are");
    let count = 0;
    const changes: unknown[] = [];
    const print = (change: unknown): void => {
      count++;
      if (context.isJson) changes.push(change);
      else context.write(`${JSON.stringify(change)}\n`);
    };
    if (flags.uri === undefined) await tailFile(context, flags, token, print);
    else await tailServer(context, flags.uri, flags, token, print);
    return { json: { changes, count } };
  },
};

async function tailFile(
  context: VerbContext,
  flags: TailFlags,
  token: Document | undefined,
  print: (change: unknown) => void,
): Promise<void> {
  const { db: path, database, collection } = flags;
  await using db = await openDatabase(path!, flags, { create: false });
  // Looking at the changes is no wish to keep them.
  if (!(await db.hasCollection(FEED_COLLECTION))) {
    context.note(
      `${path}: keeps no changes yet; it does from its first change stream on, watch() of a client`,
    );
    return;
  }
  const scope = { database, ...(collection === undefined ? {} : { collection }) };
  const reader = await db.watch(scope, [], token === undefined ? { fromStart: true } : { startAfter: token });
  for (let events = await reader.read(0); events.length > 0; events = await reader.read(0))
    for (const event of events) print(valueToJson(event));
  reader.close();
}

async function tailServer(
  { signal }: VerbContext,
  address: string,
  { database, collection }: TailFlags,
  token: Document | undefined,
  print: (change: unknown) => void,
): Promise<void> {
  await using client = await connectServer(address);
  const { BSON } = await import("mongodb");
  const db = client.db(database);
  const options = { maxAwaitTimeMS: WAIT_MS, ...(token === undefined ? {} : { startAfter: token }) };
  await using stream =
    collection === undefined ? db.watch([], options) : db.collection(collection).watch([], options);
  while (!signal.aborted && !stream.closed) {
    const event = await stream.tryNext();
    if (event !== null) print(BSON.EJSON.serialize(event));
  }
}
