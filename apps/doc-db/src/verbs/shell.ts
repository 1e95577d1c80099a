import { resolve } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { UsageError, type VerbSpec } from "@millrace/cli";
import { connect } from "../driver/connect.ts";
import { HISTORY_LINES, ShellHistory } from "../shell/history.ts";
import { Shell } from "../shell/shell.ts";
import { connectServer } from "./connect-server.ts";
import { secretOf } from "./open-database.ts";

interface ShellFlags {
  readonly db?: string;
  readonly uri?: string;
  readonly eval?: string;
}

/** `shell`: a prompt with `db`; lines of a file or pipe do as well. */
export const shellVerb: VerbSpec<ShellFlags> = {
  usage: "shell",
  summary: "a prompt for JavaScript with db, as MongoDB's shell has it; reads a script from a pipe as well",
  example: "shell --db people.db",
  flags: (command) =>
    command
      .option("--db <file>", "the database; made when it is missing")
      .option("--uri <address>", "a server in place of a file: mongodb://… or postgres://…")
      .option("--eval <script>", "run this and end"),
  action: async (context, _args, flags) => {
    if ((flags.db === undefined) === (flags.uri === undefined))
      throw new UsageError("--db or --uri: one of them says what the shell is for");
    if (context.isJson)
      throw new UsageError("--json: the shell prints what its lines give, a document a line in a pipe");
    await using client = await (flags.uri === undefined
      ? connect(`millrace://${resolve(flags.db!)}`, await secretOf(flags.db!, flags))
      : connectServer(flags.uri));
    const isForPeople = flags.eval === undefined && process.stdin.isTTY === true;
    const shell = new Shell(client, isForPeople);
    const lines = flags.eval === undefined ? undefined : flags.eval.split("\n");
    const history = isForPeople ? new ShellHistory() : undefined;
    const prompt =
      lines === undefined
        ? createInterface({
            input: process.stdin,
            ...(isForPeople ? { output: process.stdout } : {}),
            history: (await history?.read()) ?? [],
            historySize: HISTORY_LINES,
            completer: (line: string, done: (error: null, found: [string[], string]) => void) => {
              // Without candidates when they cannot be had: completing is no reason to fail.
              shell.complete(line).then(
                (found) => done(null, found),
                () => done(null, [[], line]),
              );
            },
          })
        : undefined;
    let failures = 0;
    // At a prompt the terminal gives the key and no signal.
    prompt?.on("SIGINT", () => prompt.close());
    const stop = (): void => prompt?.close();
    context.signal.addEventListener("abort", stop);
    try {
      for await (const line of lines ?? linesOf(prompt!, shell, isForPeople)) {
        if (context.signal.aborted) break;
        await history?.add(line);
        try {
          const { text, isEnd } = await shell.run(line);
          if (text !== "") context.write(`${text}\n`);
          if (isEnd) break;
        } catch (error) {
          shell.cancel();
          failures++;
          context.note(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
          // A script ends with its first failure; at a prompt one goes on.
          if (!isForPeople) break;
        }
      }
    } finally {
      prompt?.close();
      context.signal.removeEventListener("abort", stop);
    }
    return { json: { failures }, isFailure: failures > 0 && !isForPeople };
  },
};

async function* linesOf(prompt: Interface, shell: Shell, isForPeople: boolean): AsyncGenerator<string> {
  const show = (): void => {
    if (!isForPeople) return;
    prompt.setPrompt(shell.prompt);
    prompt.prompt();
  };
  show();
  for await (const line of prompt) {
    yield line;
    show();
  }
}
