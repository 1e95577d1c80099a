import { type CommandOutcome, type InProcessOptions, runInProcess } from "@millrace/testkit";
import { main } from "../src/cli.ts";

/** Runs a command line of ours in this process. */
export function runMain(args: readonly string[], options?: InProcessOptions): Promise<CommandOutcome> {
  return runInProcess(main, args, options);
}
