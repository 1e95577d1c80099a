/** MongoDB's commands on a database: what the driver's face and the wire protocol are made of. */
import type { Document } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { ADMIN_COMMANDS } from "./admin-commands.ts";
import { INDEX_COMMANDS } from "./index-commands.ts";
import { READ_COMMANDS } from "./read-commands.ts";
import { SEARCH_INDEX_COMMANDS } from "./search-index-commands.ts";
import type { CommandTarget } from "./target.ts";
import { WRITE_COMMANDS } from "./write-commands.ts";

const TABLES = [READ_COMMANDS, WRITE_COMMANDS, INDEX_COMMANDS, SEARCH_INDEX_COMMANDS, ADMIN_COMMANDS];

/**
 * Runs a command: its name is its first field.
 * @returns its reply; errors of single operations are in `writeErrors`
 * @throws LanguageError with MongoDB's number, 59 for a command that there is not
 */
export async function runCommand(target: CommandTarget, command: Document): Promise<Document> {
  const [name] = Object.keys(command);
  for (const table of TABLES) {
    if (name !== undefined && Object.hasOwn(table, name)) return table[name]!(target, command);
  }
  return fail(59, "command", name, "a command that there is");
}
