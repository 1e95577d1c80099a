import type { VerbSpec } from "@millrace/cli";
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
    oneOf("output format", OUTPUT_FORMATS),
  );
