/** How a verb is told what the pages of a file that it makes are like. */
import { byteSize, type VerbSpec } from "@millrace/cli";
import { PAGE_COMPRESSIONS, type PageCompression } from "../storage/page-codec.ts";
import { PAGE_SIZES } from "../storage/page-format.ts";
import { oneOf } from "./arguments.ts";

export interface PageFlags {
  readonly compression?: PageCompression;
  readonly pageBytes?: number;
}

type Command = Parameters<NonNullable<VerbSpec<PageFlags>["flags"]>>[0];

/** Adds the flags. @param otherwise - what holds without them */
export function pageFlags(command: Command, otherwise: string): Command {
  return command
    .option(
      "--compression <name>",
      `how its pages are compressed: ${PAGE_COMPRESSIONS.join(", ")}; ${otherwise}`,
      oneOf("--compression", PAGE_COMPRESSIONS),
    )
    .option("--page-bytes <size>", `of each page: ${PAGE_SIZES.join(", ")}; ${otherwise}`, byteSize);
}
