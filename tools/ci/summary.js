// Adds up the JSON reports that the packages' test runs left in their test-results folders.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Which report file each task writes. */
const REPORT_OF = { test: "default.json", "test:packed": "packed.json", "test:slow": "slow.json" };

/** The report files that exist for one task. */
function reportPaths(task) {
  const members = ["packages", "apps", "tools"].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name)),
  );
  return [...members, join(root, "benchmarks")]
    .map((directory) => join(directory, "test-results", REPORT_OF[task]))
    .filter((path) => existsSync(path));
}

/** Removes the reports of one task. */
export function removeReports(task) {
  for (const path of reportPaths(task)) rmSync(path);
}

/** The reports of one task, a { passed, failed, skipped } each. */
export function testReports(task) {
  return reportPaths(task).map((path) => {
    const report = JSON.parse(readFileSync(path, "utf8"));
    // A file that does not even load has no failed test, but it has failed.
    const unloaded = report.testResults.filter(
      (f) => f.status === "failed" && f.assertionResults.length === 0,
    );
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + unloaded.length,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  });
}

/** "12 passed, 0 failed, 1 skipped". */
export function summaryLine(reports) {
  const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
  return `${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`;
}

/** Run by itself, it prints the sum over the tasks named on its command line. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(summaryLine(process.argv.slice(2).flatMap(testReports)));
}
