import { AbortedError, InvalidArgumentError, isMillraceError, MillraceError } from "@millrace/base";
import { CommanderError } from "commander";

/** What a command's exit code means: 0 done, 1 the work failed or a check found something, 2 wrong command line. */
export type ExitCode = 0 | 1 | 2;

/** The command line cannot work as it stands; the command exits with 2. */
export class UsageError extends MillraceError {
  constructor(message: string) {
    super("CLI_USAGE", message);
  }
}

/** The exit code that an error stands for: wrong arguments 2, everything else 1. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isUsage = error instanceof InvalidArgumentError || error instanceof UsageError;
  return isUsage ? 2 : 1;
}

/**
 * What to tell the user about an error: one line, unless `verbose` asks for the stack and the causes.
 * An error that is none of ours is a bug; its line says so.
 */
export function describeError(command: string, error: unknown, verbose: boolean): string {
  if (error instanceof AbortedError) return `${command}: interrupted; nothing half-written was left behind`;
  const message = error instanceof Error ? error.message : String(error);
  const line = message.replace(/\s*\n\s*/g, " ").replace(/^error: /, "");
  if (verbose && error instanceof Error) return `${command}: ${line}\n${stackOf(error)}`;
  const isExpected = isMillraceError(error) || error instanceof CommanderError;
  return isExpected
    ? `${command}: ${line}`
    : `${command}: unexpected: ${line} (run again with --verbose for the stack)`;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
