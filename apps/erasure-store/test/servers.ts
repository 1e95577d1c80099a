import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** Whether a program is there to be asked for its version. */
export function isInstalled(program: string, versionFlag: string): boolean {
  try {
    execFileSync(program, [versionFlag], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Runs a server on a free port of loopback until it answers; stops it when it is disposed of. */
export async function startServer(
  program: string,
  args: (port: number) => readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly endpoint: string } & AsyncDisposable> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  const env = { ...process.env, ...environment };
  const child: ChildProcess = spawn(program, args(port), { env, stdio: "ignore" });
  const endpoint = `http://127.0.0.1:${port}`;
  for (;;) {
    const isUp = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    await new Promise((tick) => setTimeout(tick, 20));
  }
  const stop = async (): Promise<void> => {
    const ended = once(child, "exit");
    child.kill();
    await ended;
  };
  return { endpoint, [Symbol.asyncDispose]: stop };
}
