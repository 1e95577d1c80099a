// Runs one test task of every package through turbo and prints the sum of all runs as the last line.
// Plain JavaScript without dependencies: it is the first thing that a fresh clone runs.
import { spawnSync } from "node:child_process";
import { removeReports, summaryLine, testReports } from "./summary.js";

const [task = "test", ...rest] = process.argv.slice(2);
// Reports of an earlier run must not be counted; those of cached runs are restored by turbo.
removeReports(task);
const turbo = spawnSync("turbo", ["run", task, "--continue", "--output-logs=errors-only", ...rest], {
  stdio: "inherit",
  shell: process.platform === "win32",
});
const reports = testReports(task);
console.log(summaryLine(reports));
process.exitCode = turbo.status === 0 ? 0 : 1;
