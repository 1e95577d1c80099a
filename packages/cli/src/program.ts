import { basename } from "node:path";
import { AbortedError } from "@millrace/base";
import { Command, CommanderError } from "commander";
import { describeError, type ExitCode, exitCodeOf } from "./exit.ts";
import type { VerbResult } from "./output.ts";
import { newProgressBar, type ProgressBar } from "./progress-bar.ts";

/** Where a program writes; the process's own streams unless a caller catches them. */
export interface ProgramStreams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

export interface ProgramOptions {
  /** The command's name as installed: "millrace-events". */
  readonly name: string;
  readonly description: string;
  readonly version: string;
  /** @default the process's stdout and stderr */
  readonly streams?: ProgramStreams;
}

/** What a verb is given beside its arguments. */
export interface VerbContext {
  /** True with `--json`: stdout belongs to the one JSON object. */
  readonly isJson: boolean;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Writes a line to stderr. */
  note(line: string): void;
  /** Writes to stdout; only for what a verb streams, and never with `--json`. */
  write(text: string): void;
  /** Starts a bar on stderr; it is stopped when another one starts, or when the verb ends, at the latest. */
  progress(label: string): ProgressBar;
}

/** Does a verb's work; `args` are its positional arguments, `options` its flags by their long names. */
export type VerbAction<Options> = (
  context: VerbContext,
  args: readonly string[],
  options: Options,
) => Promise<VerbResult | undefined>;

export interface VerbSpec<Options> {
  /** Name and arguments as in the help: "convert <in> <out>". */
  readonly usage: string;
  readonly summary: string;
  /** A command line that runs, shown in the help, without the program's name: "info recording.raw". */
  readonly example: string;
  /** Adds the verb's own flags. */
  readonly flags?: (command: Command) => Command;
  readonly action: VerbAction<Options>;
}

/** A command with verbs, the same behaviour in every app: `--json`, `--verbose`, exit codes, one-line errors, signals. */
export class Program {
  readonly #command: Command;
  readonly #streams: ProgramStreams;
  #exitCode: ExitCode = 0;

  constructor(options: ProgramOptions) {
    this.#streams = options.streams ?? { stdout: process.stdout, stderr: process.stderr };
    this.#command = new Command(options.name)
      .description(options.description)
      .version(options.version)
      .enablePositionalOptions()
      .showSuggestionAfterError()
      .exitOverride()
      .configureOutput({
        writeOut: (text) => this.#streams.stdout.write(text),
        writeErr: (text) => this.#streams.stderr.write(text),
        // Errors come through the exception; printing them here too would say them twice.
        outputError: () => {},
      });
  }

  /** Adds a verb. */
  verb<Options>(spec: VerbSpec<Options>): this {
    const command = this.#command
      .command(spec.usage)
      .description(spec.summary)
      .option("--json", "print one JSON object on stdout and nothing else")
      .option("--verbose", "show the stack of an error")
      .addHelpText("after", `\nExample:\n  ${this.#command.name()} ${spec.example}`);
    (spec.flags?.(command) ?? command).action(async () => {
      const options = command.opts<Options & { json?: boolean; verbose?: boolean }>();
      const args = command.processedArgs.flat().filter((arg): arg is string => arg !== undefined);
      await this.#perform(spec.action, args, options);
    });
    return this;
  }

  /**
   * Runs one command line and tells how it ended; never throws.
   * @param argv - the arguments behind the program's name
   */
  async run(argv: readonly string[]): Promise<ExitCode> {
    this.#exitCode = 0;
    if (argv.length === 0) {
      this.#streams.stderr.write(this.#command.helpInformation());
      return 2;
    }
    try {
      await this.#command.parseAsync(argv, { from: "user" });
      return this.#exitCode;
    } catch (error) {
      // `--help` and `--version` end commander's parsing this way too.
      if (error instanceof CommanderError && error.exitCode === 0) return 0;
      const name = this.#command.name();
      const line = describeError(name, error, argv.includes("--verbose"));
      const isWithoutHint = error instanceof CommanderError && !/--help/.test(error.message);
      const verb = this.#command.commands.find((command) => command.name() === argv[0])?.name();
      const help = [name, verb, "--help"].filter((part) => part !== undefined).join(" ");
      this.#streams.stderr.write(`${isWithoutHint ? `${line.replace(/\.$/, "")}; see ${help}` : line}\n`);
      return exitCodeOf(error);
    }
  }

  async #perform<Options>(
    action: VerbAction<Options>,
    args: readonly string[],
    options: Options & { json?: boolean },
  ): Promise<void> {
    const isJson = options.json === true;
    const interruption = new AbortController();
    const interrupt = (): void => {
      interruption.abort(new AbortedError("CLI_INTERRUPTED", "the command"));
      // A second signal meets the default action: the process ends at once.
      process.removeListener("SIGINT", interrupt);
      process.removeListener("SIGTERM", interrupt);
    };
    process.on("SIGINT", interrupt);
    process.on("SIGTERM", interrupt);
    const bars: ProgressBar[] = [];
    try {
      const result = await action(
        {
          isJson,
          signal: interruption.signal,
          note: (line) => this.#streams.stderr.write(`${line}\n`),
          write: (text) => this.#streams.stdout.write(text),
          progress: (label) => {
            // Two bars on one line would take turns.
            bars.at(-1)?.stop();
            const bar = newProgressBar(label);
            bars.push(bar);
            return bar;
          },
        },
        args,
        options,
      );
      if (result === undefined) return;
      if (isJson) this.#streams.stdout.write(`${JSON.stringify(result.json)}\n`);
      else if (result.text !== undefined) this.#streams.stdout.write(`${result.text}\n`);
      if (result.isFailure === true) this.#exitCode = 1;
    } finally {
      for (const bar of bars) bar.stop();
      process.removeListener("SIGINT", interrupt);
      process.removeListener("SIGTERM", interrupt);
    }
  }
}

/**
 * Ends quietly when the reader of stdout goes away: `millrace-docdb find … | head` is no failure. Ends with 1 and a line on
 * stderr when stdout takes nothing more, as on a full disk.
 */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    const name = basename(process.argv[1] ?? "", ".js");
    process.stderr.write(
      `${name}: stdout: ${error.message}; what was written there is not whole: make room, or write it to another place\n`,
    );
    process.exit(1);
  });
  // Nobody is left who could be told.
  process.stderr.on("error", () => {});
}
