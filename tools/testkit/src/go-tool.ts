import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Ignored by git, and gone with the other installed things. */
const TOOLS = fileURLToPath(new URL("../../../node_modules/.go/", import.meta.url));
const MINUTES = 60_000;

/**
 * A program written in Go, built once out of its module; for slow tests.
 * @param command - the path of its package: "github.com/versity/versitygw/cmd/versitygw"
 * @param version - "v1.8.0"
 * @returns the program's path; undefined where there is no Go or the module cannot be had, so that a test can be skipped by name
 * @example
 * const server = goTool("github.com/versity/versitygw/cmd/versitygw", "v1.8.0");
 * describe.skipIf(server === undefined)("versitygw", () => {});
 */
export function goTool(command: string, version: string): string | undefined {
  const asked = `${command}@${version}`;
  const folder = join(TOOLS, createHash("sha256").update(asked).digest("hex").slice(0, 16));
  // `go install` puts the program there in one step, when it is whole.
  const found = existsSync(folder) ? readdirSync(folder)[0] : undefined;
  if (found !== undefined) return join(folder, found);
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: "0" };
  const { status } = spawnSync("go", ["install", asked], { env, stdio: "ignore", timeout: 15 * MINUTES });
  const made = status === 0 ? readdirSync(folder)[0] : undefined;
  return made === undefined ? undefined : join(folder, made);
}
