import { endQuietlyOnClosedPipe, Program, type ProgramStreams, readVersion } from "@millrace/cli";
import { benchVerb } from "./verbs/bench.ts";
import { convertVerb } from "./verbs/convert.ts";
import { cutVerb } from "./verbs/cut.ts";
import { diffVerb } from "./verbs/diff.ts";
import { digestVerb } from "./verbs/digest.ts";
import { filterVerb } from "./verbs/filter.ts";
import { headVerb } from "./verbs/head.ts";
import { indexVerb } from "./verbs/index-file.ts";
import { infoVerb } from "./verbs/info.ts";
import { profileVerb } from "./verbs/profile.ts";
import { renderVerb } from "./verbs/render.ts";
import { repairVerb } from "./verbs/repair.ts";
import { simulateVerb } from "./verbs/simulate.ts";
import { statsVerb } from "./verbs/stats.ts";
import { validateVerb } from "./verbs/validate.ts";

/**
 * Runs one command line of `millrace-events`.
 * @param argv - the arguments behind the command's name
 * @param streams - where it prints. @default stdout and stderr of the process
 * @returns the exit code: 0 done, 1 failed, 2 wrong command line
 */
export async function main(argv: readonly string[], streams?: ProgramStreams): Promise<number> {
  if (streams === undefined) endQuietlyOnClosedPipe();
  return new Program({
    name: "millrace-events",
    description: "Reads recordings of event cameras, filters and converts them",
    version: readVersion(import.meta.url),
    ...(streams === undefined ? {} : { streams }),
  })
    .verb(infoVerb)
    .verb(digestVerb)
    .verb(convertVerb)
    .verb(filterVerb)
    .verb(headVerb)
    .verb(cutVerb)
    .verb(diffVerb)
    .verb(validateVerb)
    .verb(repairVerb)
    .verb(renderVerb)
    .verb(statsVerb)
    .verb(simulateVerb)
    .verb(indexVerb)
    .verb(benchVerb)
    .verb(profileVerb)
    .run(argv);
}
