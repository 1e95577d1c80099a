import { endQuietlyOnClosedPipe, Program, readVersion } from "@millrace/cli";
import { convertVerb } from "./verbs/convert.ts";
import { digestVerb } from "./verbs/digest.ts";
import { filterVerb } from "./verbs/filter.ts";
import { infoVerb } from "./verbs/info.ts";
import { renderVerb } from "./verbs/render.ts";
import { statsVerb } from "./verbs/stats.ts";

/**
 * Runs one command line of `millrace-events`.
 * @param argv - the arguments behind the command's name
 * @returns the exit code: 0 done, 1 failed, 2 wrong command line
 */
export async function main(argv: readonly string[]): Promise<number> {
  endQuietlyOnClosedPipe();
  return new Program({
    name: "millrace-events",
    description: "Reads recordings of event cameras, filters and converts them",
    version: readVersion(import.meta.url),
  })
    .verb(infoVerb)
    .verb(digestVerb)
    .verb(convertVerb)
    .verb(filterVerb)
    .verb(renderVerb)
    .verb(statsVerb)
    .run(argv);
}
