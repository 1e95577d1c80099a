import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** A PostgreSQL server of the tests' own, with an empty directory. */
export interface PostgresServer {
  /** As `connect` takes it. */
  readonly address: string;
  stop(): Promise<void>;
}

/** The folder with `initdb` and `postgres`; undefined where PostgreSQL is not installed. */
export function findPostgres(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(root, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  return folders.find((folder) => ["initdb", "postgres"].every((name) => existsSync(join(folder, name))));
}

/** Starts one on a free port of 127.0.0.1. PostgreSQL refuses to run as root: the user of its package does then. */
export async function startPostgres(programs: string): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), "millrace-postgres-"));
  const user = process.getuid?.() === 0 ? idsOf("postgres") : {};
  if ("uid" in user) execFileSync("chown", ["-R", "postgres", directory]);
  const data = join(directory, "data");
  const options = { ...user, stdio: "pipe", cwd: directory } as const;
  execFileSync(
    join(programs, "initdb"),
    ["-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    options,
  );
  const port = await freePort();
  const settings = ["-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${directory}`, "-F"];
  const server = spawn(join(programs, "postgres"), ["-D", data, "-p", String(port), ...settings], options);
  await said(server, "database system is ready to accept connections");
  const address = `postgres://tester@127.0.0.1:${port}/postgres`;
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGINT");
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  return { address, stop };
}

function idsOf(name: string): { uid: number; gid: number } {
  const [uid, gid] = ["-u", "-g"].map((flag) =>
    Number(execFileSync("id", [flag, name], { encoding: "utf8" })),
  );
  return { uid: uid!, gid: gid! };
}

function said(server: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    const onData = (part: Buffer): void => {
      output += part.toString();
      if (output.includes(text)) resolve();
    };
    server.stderr?.on("data", onData);
    server.stdout?.on("data", onData);
    server.once("exit", () => reject(new Error(`postgres ended: ${output}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
