import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Whether a program is there to be asked for its version. */
export function isInstalled(program: string, versionFlag: string): boolean {
  try {
    execFileSync(program, [versionFlag], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A server that runs until it is disposed of. */
export interface RunningServer extends AsyncDisposable {
  /** As HTTP has it. */
  readonly endpoint: string;
  readonly port: number;
}

/** Runs a server on a free port of loopback until it takes connections; stops it when it is disposed of. */
export async function startServer(
  program: string,
  args: (port: number) => readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const port = await freePort();
  const env = { ...process.env, ...environment };
  const child: ChildProcess = spawn(program, args(port), { env, stdio: "ignore" });
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    await new Promise((tick) => setTimeout(tick, 20));
  }
  const stop = async (): Promise<void> => {
    const ended = once(child, "exit");
    child.kill();
    await ended;
  };
  return { endpoint: `http://127.0.0.1:${port}`, port, [Symbol.asyncDispose]: stop };
}

/** A port of loopback that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

async function takesConnections(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
  const isUp = await promise;
  socket.destroy();
  return isUp;
}

/** A program of testkit's that says "ready" when it is, and runs until its stdin ends. */
export async function startProgram(name: string, args: readonly string[]): Promise<AsyncDisposable> {
  const child = spawn(programOf(name), args, { stdio: ["pipe", "pipe", "ignore"] });
  const ended = once(child, "exit");
  const line = once(createInterface({ input: child.stdout }), "line");
  const first = await Promise.race([line, ended]);
  if (first[0] !== "ready") throw new Error(`${name} ended with ${first[0]}`);
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  return { [Symbol.asyncDispose]: stop };
}

/** The path of a program of testkit's. */
export function programOf(name: string): string {
  return fileURLToPath(new URL(`../programs/${name}`, import.meta.url));
}
