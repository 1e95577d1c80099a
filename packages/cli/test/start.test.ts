import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const startUrl = new URL("../start.js", import.meta.url).href;

/** Runs start() in a process that takes itself for another version of Node. */
function startOn(
  version: string,
  load: string,
  flags: readonly string[] = [],
): { status: number | null; stderr: string; stdout: string } {
  const program = `
    Object.defineProperty(process.versions, "node", { value: ${JSON.stringify(version)} });
    const { start } = await import(${JSON.stringify(startUrl)});
    await start("millrace-test", "test", ${load});
  `;
  const command = [...flags, "--input-type=module", "-e", program];
  return spawnSync(process.execPath, command, { encoding: "utf8", cwd: import.meta.dirname });
}

it.each(["18.20.4", "20.20.2", "22.17.1"])(
  "on Node %s says which Node it needs and how to get it",
  (version) => {
    const { status, stderr } = startOn(version, "() => { throw new Error('must not be loaded') }");
    expect(status).toBe(2);
    expect(stderr).toContain(`millrace-test: needs Node 22.18 or later, this is Node ${version}`);
    expect(stderr).toContain("npx --yes pnpm@12.21.0 test");
    expect(stderr.trim().split("\n")).toHaveLength(1);
  },
);

it.each(["22.18.0", "24.0.0", "26.1.0"])(
  "on Node %s runs the command and hands on its exit code",
  (version) => {
    const load = "async () => ({ main: async () => { console.log('ran'); return 1; } })";
    expect(startOn(version, load)).toMatchObject({ status: 1, stdout: "ran\n" });
  },
);

it("keeps what Node compiled in the user's cache, and starts where there can be none", () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-start-"));
  const load = `async () => await import(${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)}).then(() => ({ main: async () => 0 }))`;
  const environment = process.env.XDG_CACHE_HOME;
  try {
    process.env.XDG_CACHE_HOME = directory;
    expect(startOn(process.versions.node, load, process.execArgv)).toMatchObject({ status: 0, stderr: "" });
    expect(readdirSync(join(directory, "millrace"), { recursive: true }).length).toBeGreaterThan(5);
    process.env.XDG_CACHE_HOME = "/dev/null/nowhere";
    expect(startOn(process.versions.node, load, process.execArgv)).toMatchObject({ status: 0, stderr: "" });
  } finally {
    if (environment === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = environment;
    rmSync(directory, { recursive: true });
  }
});

it("says how to build what is not built", () => {
  const { status, stderr } = startOn("24.0.0", "() => import('file:///nowhere/dist/cli.js')");
  expect(status).toBe(2);
  expect(stderr).toContain('is not built; run "pnpm build" first');
});

it.skipIf(!existsSync("/dev/full"))(
  "says in one line that stdout takes nothing more, and ends with 1",
  () => {
    const program = `
    const { endQuietlyOnClosedPipe } = await import("@millrace/cli");
    endQuietlyOnClosedPipe();
    process.stdout.write("a");
  `;
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(
      process.execPath,
      [...process.execArgv, "--input-type=module", "-e", program],
      {
        cwd: import.meta.dirname,
        encoding: "utf8",
        stdio: ["ignore", full, "pipe"],
      },
    );
    closeSync(full);
    expect(stderr).toMatch(/^.*: stdout: ENOSPC.*is not whole: make room, or write it to another place\n$/);
    expect(status).toBe(1);
  },
);
