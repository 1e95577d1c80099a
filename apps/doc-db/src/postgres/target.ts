import { fail } from "../mql/error.ts";
import type { Scratch } from "../storage/scratch.ts";
import type { Statements } from "./connection.ts";

/** Where commands run on PostgreSQL. */
export interface PostgresTarget {
  readonly database: string;
  readonly statements: Statements;
  /** Where queries put what memory has no room for. */
  readonly scratch: Scratch;
}

/** Refuses what a file can do and PostgreSQL, here, cannot. */
export function unsupported(what: string, instead: string): never {
  return fail(238, what, "PostgreSQL", instead);
}
