import { type ParseArgsConfig, parseArgs } from "node:util";

/** What a program of the benchmarks was called with. */
export interface Arguments<Flags> {
  readonly flags: Flags;
  /** What stands beside the flags: beginnings of the names of cases. */
  readonly prefixes: readonly string[];
}

/**
 * Reads a command line; `--help` is answered, and one that cannot be is told in one line and ends the process with 2.
 * @param name - of the program, as it is called
 * @param usage - what may stand behind the name
 * @param does - what `--help` says of it
 */
export function readArguments<Flags>(
  name: string,
  usage: readonly string[],
  does: string,
  options: NonNullable<ParseArgsConfig["options"]> = {},
): Arguments<Flags> {
  const { values, positionals } = orExit(name, () =>
    parseArgs({ options: { ...options, help: { type: "boolean" } }, allowPositionals: true }),
  );
  if (values.help === true) {
    process.stdout.write(`pnpm ${[name, ...usage].join(" ")}\n\n${does}\n`);
    process.exit(0);
  }
  return { flags: values as Flags, prefixes: positionals };
}

/** Does what only a wrong command line makes fail: the process ends with 2 then, and one line says why. */
export function orExit<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    // Node adds how to pass what looks like a flag; there is nothing here that does.
    process.stderr.write(
      `${name}: ${(error as Error).message.replace(/\. To specify a positional.*$/, "")}; see pnpm ${name} --help\n`,
    );
    process.exit(2);
  }
}
