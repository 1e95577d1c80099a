import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The apps, by their folders. */
export type AppName = "snn-export" | "event-loader" | "erasure-store" | "doc-db";

const COMMANDS: Readonly<Record<AppName, string>> = {
  "snn-export": "millrace-snn",
  "event-loader": "millrace-events",
  "erasure-store": "millrace-store",
  "doc-db": "millrace-docdb",
};

/** How a command ended and what it printed. */
export interface CommandOutcome {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunCommandOptions {
  /** @default the current directory */
  readonly cwd?: string;
  /** Bytes for stdin; without it stdin is empty. */
  readonly input?: Uint8Array | string;
  /** Called once with the running process; to send it signals. */
  onStart?(child: ChildProcess): Promise<void>;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The file that starts an app's command, from source. */
export function commandPath(app: AppName): string {
  return join(workspaceRoot(), "apps", app, "bin", `${COMMANDS[app]}.js`);
}

/** Runs one app's command from source in a process of its own, on this Node. */
export function runCommand(
  app: AppName,
  args: readonly string[],
  options: RunCommandOptions = {},
): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--conditions=@millrace/source", commandPath(app), ...args], {
      cwd: options.cwd ?? process.cwd(),
      env: { ...process.env, NO_COLOR: "1", ...options.env },
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    // The command may end before it has read all of its input; that is its outcome, not our failure.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    options.onStart?.(child).catch(reject);
    child.on("close", (code) => {
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** The workspace's root: the nearest folder upwards that holds pnpm-workspace.yaml. */
function workspaceRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "pnpm-workspace.yaml"))) directory = dirname(directory);
  return directory;
}
