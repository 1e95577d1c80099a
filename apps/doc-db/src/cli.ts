import { endQuietlyOnClosedPipe, Program, type ProgramStreams, readVersion } from "@millrace/cli";
import { aggregateVerb } from "./verbs/aggregate.ts";
import { backupVerb, compactVerb } from "./verbs/backup.ts";
import { benchVerb } from "./verbs/bench.ts";
import { doctorVerb } from "./verbs/doctor.ts";
import { explainVerb } from "./verbs/explain.ts";
import { exportVerb } from "./verbs/export.ts";
import { findVerb } from "./verbs/find.ts";
import { importVerb } from "./verbs/import.ts";
import { indexesVerb } from "./verbs/indexes.ts";
import { migrateVerb } from "./verbs/migrate.ts";
import { takingPassword } from "./verbs/open-database.ts";
import { rekeyVerb } from "./verbs/rekey.ts";
import { repairVerb } from "./verbs/repair.ts";
import { restoreVerb } from "./verbs/restore.ts";
import { serveVerb } from "./verbs/serve.ts";
import { shellVerb } from "./verbs/shell.ts";
import { shipVerb } from "./verbs/ship.ts";
import { statsVerb } from "./verbs/stats.ts";
import { tailVerb } from "./verbs/tail.ts";
import { verifyVerb } from "./verbs/verify.ts";

/**
 * Runs one command line of `millrace-docdb`.
 * @param argv - the arguments behind the command's name
 * @param streams - where it writes; the process's own unless a caller catches it
 * @returns the exit code: 0 done, 1 failed, 2 wrong command line
 */
export async function main(argv: readonly string[], streams?: ProgramStreams): Promise<number> {
  if (streams === undefined) endQuietlyOnClosedPipe();
  const program = new Program({
    name: "millrace-docdb",
    description: "A document database in one file: imports JSON, finds documents, shows what is there",
    version: readVersion(import.meta.url),
    ...(streams === undefined ? {} : { streams }),
  });
  return program
    .verb(takingPassword(importVerb))
    .verb(takingPassword(findVerb))
    .verb(takingPassword(aggregateVerb))
    .verb(takingPassword(explainVerb))
    .verb(takingPassword(exportVerb))
    .verb(takingPassword(indexesVerb))
    .verb(takingPassword(statsVerb))
    .verb(takingPassword(verifyVerb))
    .verb(takingPassword(repairVerb))
    .verb(takingPassword(compactVerb))
    .verb(takingPassword(backupVerb))
    .verb(takingPassword(restoreVerb))
    .verb(takingPassword(shipVerb))
    .verb(takingPassword(rekeyVerb))
    .verb(takingPassword(doctorVerb))
    .verb(takingPassword(tailVerb))
    .verb(takingPassword(migrateVerb))
    .verb(serveVerb)
    .verb(takingPassword(shellVerb))
    .verb(benchVerb)
    .run(argv);
}
