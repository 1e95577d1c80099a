import type { Document } from "../document/value.ts";
import type { Executor } from "../storage/executor.ts";

/** Where a command runs. */
export interface CommandTarget {
  readonly engine: Executor;
  /** The database's name. */
  readonly database: string;
}

/** Runs one command. */
export type Command = (target: CommandTarget, command: Document) => Promise<Document>;

/** The name of a collection in the file: all databases of a file share one catalog. */
export function storedName({ database }: CommandTarget, collection: string): string {
  return `${database}.${collection}`;
}
