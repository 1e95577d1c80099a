import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { recordingsDirectory, tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function demo(
  cwd: string,
  args: string[],
  data = "",
): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, INIT_CWD: cwd, MILLRACE_DATA: data, NO_COLOR: "1" };
  return spawnSync(process.execPath, ["--conditions=@millrace/source", MAIN, ...args], {
    cwd,
    env,
    encoding: "utf8",
  });
}

it("runs the four jobs on input of its own, finds every result right, and what it names is there", () => {
  using directory = tempDirectory();
  const { status, stdout, stderr } = demo(directory.path, ["--output", "out"]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stdout).toContain("a moving picture, as EVT3");
  expect(stdout).not.toContain("WRONG");
  expect(stdout.match(/^ {2}ok {4}/gm)?.length).toBe(11);
  const made = stdout.slice(stdout.indexOf("Made:")).match(/^ {2}\S.*$/gm)!;
  expect(made.length).toBeGreaterThan(8);
  for (const path of made) expect(existsSync(join(directory.path, path.trim()))).toBe(true);
});

it.skipIf(recordingsDirectory === undefined)("takes a real recording where there is one", () => {
  using directory = tempDirectory();
  const { status, stdout } = demo(directory.path, ["--data", recordingsDirectory!]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/events {2}\S+\.raw/);
});

it.each([[["--data", "no/such/folder"]], [["--colour"]]])("exits with 2 and one line for %j", (args) => {
  using directory = tempDirectory();
  const { status, stderr } = demo(directory.path, args);
  expect(status).toBe(2);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("usage: pnpm demo");
});
