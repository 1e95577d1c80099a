import type { CommandOutcome } from "@millrace/testkit";
import { main } from "../src/cli.ts";

/** Where, and with what in the environment, a command line runs. */
export interface RunMainOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a command line in this process: the start of one of its own takes half a second. One at a time, since the folder
 * and the environment are the process's.
 */
export async function runMain(
  args: readonly string[],
  options: RunMainOptions = {},
): Promise<CommandOutcome> {
  const folder = process.cwd();
  const environment = { ...process.env };
  let [stdout, stderr] = ["", ""];
  process.chdir(options.cwd ?? folder);
  Object.assign(process.env, options.env);
  try {
    const code = await main(args, {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
    });
    return { code, stdout, stderr };
  } finally {
    process.chdir(folder);
    process.env = environment;
  }
}
