import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatTable } from "@millrace/cli";
import { orExit, readArguments } from "./arguments.ts";
import type { Contender, Measurement } from "./case.ts";
import { caseIds, loadCase, measureProgram, selectCases } from "./catalogue.ts";
import { measureInFreshProcess } from "./fresh-process.ts";
import { median, spread } from "./statistics.ts";

// `pnpm bench:compare --base REF [prefix …]`: each case at the base and here, in turns on the same machine; exits 1
// when a case got slower, or its peak memory larger, by more than its repeats scatter.

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ROUNDS = 5;
/** Changes below this share are noise on any shared machine. */
const LEAST_CHANGE = 0.1;

const { flags, prefixes } = readArguments<{ readonly base?: string }>(
  "bench:compare",
  ["--base REF", "[PREFIX …]"],
  "Compares time and peak memory of the cases whose names begin so, or of all, with those of a revision.",
  { base: { type: "string" } },
);
const revision = orExit("bench:compare", () => revisionOf(flags.base));
const ids = await caseIds();
const selected = orExit("bench:compare", () => selectCases(prefixes, ids));
const base = mkdtempSync(join(tmpdir(), "millrace-base-"));
try {
  git("worktree", "add", "--detach", base, revision);
  if (!existsSync(measureProgram(base))) {
    process.stdout.write(`${flags.base} has no benchmarks yet: nothing to compare\n`);
  } else {
    process.exitCode = installBase() ? await compare() : 1;
  }
} finally {
  git("worktree", "remove", "--force", base);
  rmSync(base, { recursive: true, force: true });
}

/** The commit that a name stands for. */
function revisionOf(name: string | undefined): string {
  if (name === undefined) throw new Error("needs --base REF, the revision to compare with: --base main");
  const { status, stdout } = spawnSync("git", ["rev-parse", "--verify", "--quiet", `${name}^{commit}`], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (status === 0) return stdout.trim();
  throw new Error(`--base ${name}: git knows no such revision`);
}

/** Installs the base's dependencies; says so when that fails. */
function installBase(): boolean {
  // The shell finds pnpm's own launcher on every system.
  const { status } = spawnSync("pnpm install --frozen-lockfile", {
    cwd: base,
    stdio: "inherit",
    shell: true,
  });
  if (status !== 0) process.stderr.write(`bench:compare: ${flags.base} cannot be installed; see above\n`);
  return status === 0;
}

async function compare(): Promise<number> {
  const rows: string[][] = [];
  let regressions = 0;
  for (const id of selected) {
    const { ours, isFull } = await loadCase(id);
    if (isFull === true) continue;
    const before: Measurement[] = [];
    const after: Measurement[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [earlier, later] = [await measureAtBase(id, ours), await measureInFreshProcess(ROOT, id, ours)];
      if (earlier === undefined || later === undefined) break;
      before.push(earlier);
      after.push(later);
    }
    if (before.length === 0) {
      rows.push([id, "new", "", ""]);
      continue;
    }
    const time = change(
      before.map((m) => median(m.seconds)),
      after.map((m) => median(m.seconds)),
    );
    const memory = change(
      before.map((m) => m.peakBytes),
      after.map((m) => m.peakBytes),
    );
    const verdict = [time.isWorse ? "slower" : "", memory.isWorse ? "more memory" : ""]
      .filter(Boolean)
      .join(", ");
    if (verdict !== "") regressions++;
    rows.push([id, percent(time.share), percent(memory.share), verdict]);
  }
  process.stdout.write(`${formatTable(["case", "time", "peak memory", "regression"], rows)}\n`);
  return regressions > 0 ? 1 : 0;
}

/** Measures at the base; undefined where the base has no such case, or cannot run it. */
async function measureAtBase(id: string, contender: Contender): Promise<Measurement | undefined> {
  try {
    return await measureInFreshProcess(base, id, contender);
  } catch {
    // A case that the base does not know makes its program fail: it has nothing to be compared with.
    return undefined;
  }
}

/** By which share the median grew, and whether that is more than the repeats scatter. */
function change(before: readonly number[], after: readonly number[]): { share: number; isWorse: boolean } {
  const share = median(after) / median(before) - 1;
  const noise = Math.max(LEAST_CHANGE, 2 * spread(before), 2 * spread(after));
  return { share, isWorse: share > noise };
}

function percent(share: number): string {
  return `${share >= 0 ? "+" : ""}${(share * 100).toFixed(1)} %`;
}

function git(...args: string[]): void {
  execFileSync("git", args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
}
