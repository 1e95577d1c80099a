import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatByteSize } from "@millrace/base";
import { formatTable } from "@millrace/cli";
import type { JobReport } from "./job.ts";

// `pnpm demo [--data DIR] [--output DIR]`: the main job of each app on real input, one table, and what was made.
// Exits with 1 when any result is wrong.

const JOBS = ["events", "snn", "store", "docdb"] as const;
const PROGRAM = fileURLToPath(new URL("./run-job.ts", import.meta.url));

// pnpm runs scripts in the workspace's root; a relative path means the caller's directory.
const callerDirectory = process.env.INIT_CWD ?? process.cwd();
const { output, data } = options();
const failures: string[] = [];
const reports: JobReport[] = [];
for (const job of JOBS) {
  process.stderr.write(`${job} …\n`);
  const directory = join(output, job);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const args = [PROGRAM, job, directory, ...(data === undefined ? [] : [data])];
  const run = spawnSync(process.execPath, ["--conditions=@millrace/source", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (run.status !== 0) {
    failures.push(`${job}: the job ended with ${run.status ?? run.signal}`);
    continue;
  }
  const report = JSON.parse(run.stdout) as JobReport;
  reports.push(report);
  for (const { what, isRight } of report.checks) if (!isRight) failures.push(`${job}: not so: ${what}`);
}

const rows = reports.map((report) => [
  report.job,
  report.input,
  formatByteSize(report.sizeBytes),
  report.result,
  `${report.seconds.toFixed(2)} s`,
  report.rate,
  formatByteSize(report.peakBytes),
]);
const headings = ["app", "input", "size", "result", "time", "rate", "peak memory"];
process.stdout.write(`\n${formatTable(headings, rows)}\n\nChecked:\n`);
for (const { job, checks } of reports) {
  for (const { what, isRight } of checks)
    process.stdout.write(`  ${isRight ? "ok   " : "WRONG"}  ${job}: ${what}\n`);
}
process.stdout.write("\nMade:\n");
for (const path of reports.flatMap(({ outputs }) => outputs)) {
  process.stdout.write(`  ${relative(callerDirectory, path) || path}\n`);
}
for (const failure of failures) process.stderr.write(`demo: ${failure}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;

function options(): { output: string; data: string | undefined } {
  try {
    const { values } = parseArgs({ options: { data: { type: "string" }, output: { type: "string" } } });
    const named = values.data ?? (process.env.MILLRACE_DATA || undefined);
    const folder = named === undefined ? undefined : resolve(callerDirectory, named);
    if (folder !== undefined && !existsSync(folder))
      throw new Error(`${folder}: there is no such folder of recordings`);
    return { output: resolve(callerDirectory, values.output ?? "millrace-demo"), data: folder };
  } catch (error) {
    process.stderr.write(`demo: ${(error as Error).message}; usage: pnpm demo [--data DIR] [--output DIR]\n`);
    process.exit(2);
  }
}
