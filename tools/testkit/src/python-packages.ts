import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Ignored by git, and gone with the other installed things. */
const ENVIRONMENTS = fileURLToPath(new URL("../../../node_modules/.python/", import.meta.url));
const MINUTES = 60_000;

/**
 * A Python that has these packages of PyPI, in an environment of its own that is made once; for slow tests.
 * @param requirements - as pip takes them: "pillow==12.0.0"
 * @returns its path; undefined where they cannot be installed, so that a test can be skipped by name
 * @example
 * const python = pythonWithPackages(["pillow==12.0.0"]);
 * describe.skipIf(python === undefined)("Pillow", () => {});
 */
export function pythonWithPackages(requirements: readonly string[]): string | undefined {
  const key = createHash("sha256").update(requirements.join("\n")).digest("hex").slice(0, 16);
  const environment = join(ENVIRONMENTS, key);
  const python = interpreterOf(environment);
  // The list is written last: an environment without one was not finished.
  const finished = join(environment, "installed.txt");
  if (existsSync(finished)) return python;
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(ENVIRONMENTS, { recursive: true });
  const command = process.platform === "win32" ? "python" : "python3";
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...requirements];
  const isMade = runs(command, ["-m", "venv", environment]) && runs(python, install);
  if (!isMade) return undefined;
  writeFileSync(`${finished}.part`, requirements.join("\n"));
  renameSync(`${finished}.part`, finished);
  return python;
}

function interpreterOf(environment: string): string {
  return join(environment, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore", timeout: 10 * MINUTES }).status === 0;
}
