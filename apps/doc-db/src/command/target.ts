import type { Document } from "../document/value.ts";
import { storedName as nameInFile } from "../names.ts";
import type { Executor } from "../storage/executor.ts";
import type { TimeBudget } from "./time-limit.ts";

/** Where names are looked up. */
export interface Named {
  /** The database's name. */
  readonly database: string;
}

/** Where a command runs. */
export interface CommandTarget extends Named {
  readonly engine: Executor;
  /** What its `maxTimeMS` leaves it; undefined where it has none. */
  readonly time?: TimeBudget;
}

/** Runs one command. */
export type Command<Target = CommandTarget> = (target: Target, command: Document) => Promise<Document>;

/** The name of a command's collection in the file. */
export function storedName({ database }: Named, collection: string): string {
  return nameInFile(database, collection);
}

/** A command's collection as replies show it. */
export function shownName({ database }: Named, collection: string): string {
  return `${database}.${collection}`;
}
