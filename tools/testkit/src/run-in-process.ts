import type { CommandOutcome } from "./run-command.ts";

/** Where, and with what in the environment, a command line runs. */
export interface InProcessOptions {
  /** @default the current directory */
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The `main` of an app, which prints to the streams that it is given. */
export type AppMain = (
  argv: readonly string[],
  streams: Readonly<Record<"stdout" | "stderr", { write(text: string): unknown }>>,
) => Promise<number>;

/**
 * Runs a command line of an app in this process: the start of one of its own takes half a second. One at a time, since
 * the folder and the environment are the process's.
 */
export async function runInProcess(
  main: AppMain,
  args: readonly string[],
  options: InProcessOptions = {},
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
