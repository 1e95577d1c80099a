import { InvalidArgumentError } from "@millrace/base";
import {
  checkOutputPath,
  formatFacts,
  type VerbContext,
  type VerbResult,
  type VerbSpec,
} from "@millrace/cli";
import { OUTPUT_FORMATS } from "../encoders/output-formats.ts";
import { oneOf } from "./input-flags.ts";

/** The flag of every verb that writes a recording. */
export interface OutputFlags {
  readonly to?: string;
}

/** Adds {@link OutputFlags} to a verb. */
export const addOutputFlags: NonNullable<VerbSpec<OutputFlags>["flags"]> = (command) =>
  command.option(
    "--to <format>",
    `the format of the output, whatever its ending: ${OUTPUT_FORMATS.join(", ").toLowerCase()}`,
    outputFormat,
  );

/** Of tables, which have no other name; said here, as what writes them takes a while to load. */
const TABLE_ENDINGS = [".arrow", ".feather", ".parquet", ".csv"];
const namedFormat = oneOf("output format", OUTPUT_FORMATS);

function outputFormat(text: string): string {
  const ending = `.${text.toLowerCase()}`;
  if (!TABLE_ENDINGS.includes(ending)) return namedFormat(text);
  const expected = `no --to: an output that ends in ${ending} is that format`;
  throw new InvalidArgumentError("EVENTS_OPTION_VALUE", "output format", text, expected);
}

/**
 * Refuses what would be between the events.
 * @param input - must not be replaced: the output has less than it
 * @throws InvalidArgumentError `EVENTS_OPTIONS_CONFLICT`
 */
export function checkOutput(output: string, { isJson }: VerbContext, input?: string): void {
  if (input !== undefined) checkOutputPath(output, input);
  if (output !== "-" || !isJson) return;
  throw new InvalidArgumentError(
    "EVENTS_OPTIONS_CONFLICT",
    "--json",
    output,
    "a file: stdout has the events",
  );
}

/** What a verb says that wrote a recording: nothing where the events themselves went to stdout. */
export function tellOutput(
  output: string,
  json: object,
  facts: Parameters<typeof formatFacts>[0],
): VerbResult | undefined {
  return output === "-" ? undefined : { json, text: formatFacts(facts) };
}
