import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatByteSize } from "@millrace/base";
import { formatTable } from "@millrace/cli";
import { formatAllocation } from "./allocation.ts";
import { orExit, readArguments } from "./arguments.ts";
import { caseIds, loadCase, selectCases } from "./catalogue.ts";
import { formatFigure } from "./figure.ts";
import { KEPT_FILES } from "./kept-files.ts";
import { installPeers } from "./peers.ts";
import { type CaseResult, runCase } from "./run-case.ts";

// `pnpm bench [--full] [prefix …]`: every case whose id begins with a prefix, ours and the peers in turns, and two
// tables. Cases that take minutes run with --full only.

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const { flags, prefixes } = readArguments<{ readonly full?: boolean }>(
  "bench",
  ["[--full]", "[PREFIX …]"],
  "Runs the cases whose names begin so, `core/cache` say, or all; those that take minutes with --full only.",
  { full: { type: "boolean" } },
);
const ids = await caseIds();
const selected = orExit("bench", () => selectCases(prefixes, ids));
installPeers();
const kept = mkdtempSync(join(tmpdir(), "millrace-bench-kept-"));
process.on("exit", () => rmSync(kept, { recursive: true, force: true }));
process.env[KEPT_FILES] = kept;
const results: CaseResult[] = [];
for (const id of selected) {
  const benchmark = await loadCase(id);
  if (benchmark.isFull === true && flags.full !== true) continue;
  process.stderr.write(`${id} …\n`);
  results.push(await runCase(ROOT, id, benchmark));
}
const rows = results.flatMap((result) =>
  result.contenders.map((contender) =>
    contender.hasRun
      ? [
          result.id,
          contender.name,
          formatFigure(result, contender.perSecond),
          formatFigure(result, contender.bestPerSecond),
          `±${(contender.spread * 100).toFixed(0)} %`,
          formatByteSize(contender.peakBytes),
          formatAllocation(contender.allocation),
          contender.isOurs ? "" : contender.ourRatio.toFixed(2),
        ]
      : [result.id, contender.name, "not run", "", "", "", "", ""],
  ),
);
const headings = [
  "case",
  "contender",
  "median",
  "best",
  "spread",
  "peak memory",
  "allocated a run",
  "ours by it",
];
process.stdout.write(`${formatTable(headings, rows)}\n\n`);
const targets = results.flatMap(({ id, reach }) =>
  reach === undefined
    ? []
    : [
        [
          id,
          reach.against,
          reach.wanted.toFixed(2),
          reach.found.toFixed(2),
          reach.found >= reach.wanted ? "yes" : "no",
        ],
      ],
);
process.stdout.write(`${formatTable(["case", "against", "to reach", "found", "reached"], targets)}\n`);

const directory = join(ROOT, "benchmarks", "results");
mkdirSync(directory, { recursive: true });
const machine = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length };
writeFileSync(join(directory, "latest.json"), JSON.stringify({ machine, results }, null, 2));
