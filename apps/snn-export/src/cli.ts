import { endQuietlyOnClosedPipe, Program, type ProgramStreams, readVersion } from "@millrace/cli";
import { benchVerb } from "./verbs/bench.ts";
import { convertVerb } from "./verbs/convert.ts";
import { importVerb } from "./verbs/import.ts";
import { infoVerb } from "./verbs/info.ts";
import { migrateVerb } from "./verbs/migrate.ts";
import { plotVerb } from "./verbs/plot.ts";
import { recoverVerb } from "./verbs/recover.ts";
import { simulateVerb } from "./verbs/simulate.ts";
import { validateVerb } from "./verbs/validate.ts";

/**
 * Runs one command line of `millrace-snn`.
 * @param argv - the arguments behind the command's name
 * @param streams - where it prints. @default stdout and stderr of the process
 * @returns the exit code: 0 done, 1 failed, 2 wrong command line
 */
export async function main(argv: readonly string[], streams?: ProgramStreams): Promise<number> {
  if (streams === undefined) endQuietlyOnClosedPipe();
  return new Program({
    name: "millrace-snn",
    description: "Records spiking-neural-network experiments to HDF5, and reads them back",
    version: readVersion(import.meta.url),
    ...(streams === undefined ? {} : { streams }),
  })
    .verb(simulateVerb)
    .verb(infoVerb)
    .verb(convertVerb)
    .verb(importVerb)
    .verb(plotVerb)
    .verb(validateVerb)
    .verb(recoverVerb)
    .verb(migrateVerb)
    .verb(benchVerb)
    .run(argv);
}
