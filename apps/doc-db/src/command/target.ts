import type { Document } from "../document/value.ts";
import { storedName as nameInFile } from "../names.ts";
import type { Executor } from "../storage/executor.ts";

/** Where a command runs. */
export interface CommandTarget {
  readonly engine: Executor;
  /** The database's name. */
  readonly database: string;
}

/** Runs one command. */
export type Command = (target: CommandTarget, command: Document) => Promise<Document>;

/** The name of a command's collection in the file. */
export function storedName({ database }: CommandTarget, collection: string): string {
  return nameInFile(database, collection);
}

/** A command's collection as replies show it. */
export function shownName({ database }: CommandTarget, collection: string): string {
  return `${database}.${collection}`;
}
