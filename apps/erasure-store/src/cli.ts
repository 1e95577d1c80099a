import { endQuietlyOnClosedPipe, Program, type ProgramStreams, readVersion } from "@millrace/cli";
import { benchVerb } from "./verbs/bench.ts";
import { configVerb } from "./verbs/config.ts";
import { getVerb } from "./verbs/get.ts";
import { initVerb } from "./verbs/init.ts";
import { lsVerb } from "./verbs/ls.ts";
import { putVerb } from "./verbs/put.ts";
import { rebalanceVerb } from "./verbs/rebalance.ts";
import { rebuildIndexVerb } from "./verbs/rebuild-index.ts";
import { repairVerb } from "./verbs/repair.ts";
import { rmVerb } from "./verbs/rm.ts";
import { scrubVerb } from "./verbs/scrub.ts";
import { serveVerb } from "./verbs/serve.ts";
import { simulateVerb } from "./verbs/simulate.ts";
import { statVerb } from "./verbs/stat.ts";
import { statsVerb } from "./verbs/stats.ts";
import { verifyVerb } from "./verbs/verify.ts";

/**
 * Runs one command line of `millrace-store`.
 * @param argv - the arguments behind the command's name
 * @returns the exit code: 0 done, 1 failed or a check found something, 2 wrong command line
 */
export async function main(argv: readonly string[]): Promise<number> {
  endQuietlyOnClosedPipe();
  return await storeProgram().run(argv);
}

/** The command with all its verbs. @param streams - where it writes; the process's own if left out */
export function storeProgram(streams?: ProgramStreams): Program {
  return new Program({
    name: "millrace-store",
    description:
      "Cuts files into Reed-Solomon shards over directories and buckets, and gets them back when some are gone",
    version: readVersion(import.meta.url),
    ...(streams && { streams }),
  })
    .verb(initVerb)
    .verb(putVerb)
    .verb(getVerb)
    .verb(lsVerb)
    .verb(statVerb)
    .verb(verifyVerb)
    .verb(scrubVerb)
    .verb(repairVerb)
    .verb(rebalanceVerb)
    .verb(rebuildIndexVerb)
    .verb(rmVerb)
    .verb(configVerb)
    .verb(serveVerb)
    .verb(statsVerb)
    .verb(benchVerb)
    .verb(simulateVerb);
}
