import { endQuietlyOnClosedPipe, Program, readVersion } from "@millrace/cli";
import { aggregateVerb } from "./verbs/aggregate.ts";
import { exportVerb } from "./verbs/export.ts";
import { findVerb } from "./verbs/find.ts";
import { importVerb } from "./verbs/import.ts";
import { serveVerb } from "./verbs/serve.ts";
import { statsVerb } from "./verbs/stats.ts";

/**
 * Runs one command line of `millrace-docdb`.
 * @param argv - the arguments behind the command's name
 * @returns the exit code: 0 done, 1 failed, 2 wrong command line
 */
export async function main(argv: readonly string[]): Promise<number> {
  endQuietlyOnClosedPipe();
  return new Program({
    name: "millrace-docdb",
    description: "A document database in one file: imports JSON, finds documents, shows what is there",
    version: readVersion(import.meta.url),
  })
    .verb(importVerb)
    .verb(findVerb)
    .verb(aggregateVerb)
    .verb(exportVerb)
    .verb(statsVerb)
    .verb(serveVerb)
    .run(argv);
}
