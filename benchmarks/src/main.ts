import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatByteSize } from "@millrace/base";
import { formatTable } from "@millrace/cli";
import { loadCase, selectCases } from "./catalogue.ts";
import { measureInFreshProcess } from "./fresh-process.ts";
import { median, spread } from "./statistics.ts";

// `pnpm bench [prefix …]`: every case whose id begins with a prefix, ours and the peers in turns, and a table.

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ROUNDS = 3;

interface Row {
  readonly id: string;
  readonly contender: string;
  readonly unit: string;
  /** Units a second, from the median run. */
  readonly perSecond: number;
  readonly bestPerSecond: number;
  readonly spread: number;
  readonly peakBytes: number;
  /** Our rate by this contender's, of the same run; 1 for ours. */
  readonly ourRatio: number;
  readonly baselineSeconds: number;
}

const rows: Row[] = [];
for (const id of selectCases(process.argv.slice(2))) {
  const { ours, peers, unit, amount } = await loadCase(id);
  const seconds = new Map<string, number[]>();
  const peaks = new Map<string, number[]>();
  const baselines: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name } of [ours, ...peers]) {
      const measured = await measureInFreshProcess(ROOT, id, name);
      seconds.set(name, [...(seconds.get(name) ?? []), ...measured.seconds]);
      peaks.set(name, [...(peaks.get(name) ?? []), measured.peakBytes]);
      baselines.push(measured.baselineSeconds);
    }
  }
  const ourSeconds = median(seconds.get(ours.name)!);
  for (const [contender, runs] of seconds) {
    rows.push({
      id,
      contender,
      unit,
      perSecond: amount / median(runs),
      bestPerSecond: amount / Math.min(...runs),
      spread: spread(runs),
      peakBytes: median(peaks.get(contender)!),
      ourRatio: median(runs) / ourSeconds,
      baselineSeconds: median(baselines),
    });
  }
  process.stderr.write(`${id} done\n`);
}
const cells = rows.map((row) => [
  row.id,
  row.contender,
  `${rate(row.perSecond)} ${row.unit}/s`,
  `${rate(row.bestPerSecond)}`,
  `±${(row.spread * 100).toFixed(0)} %`,
  formatByteSize(row.peakBytes),
  row.ourRatio === 1 ? "" : row.ourRatio.toFixed(2),
]);
const headings = ["case", "contender", "median", "best", "spread", "peak memory", "ours is faster by"];
process.stdout.write(`${formatTable(headings, cells)}\n`);

const results = join(ROOT, "benchmarks", "results");
mkdirSync(results, { recursive: true });
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
writeFileSync(join(results, "latest.json"), JSON.stringify({ machine, rows }, null, 2));

function rate(perSecond: number): string {
  if (perSecond >= 1e9) return `${(perSecond / 1e9).toFixed(2)} G`;
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)} M`;
  return `${(perSecond / 1e3).toFixed(1)} k`;
}
