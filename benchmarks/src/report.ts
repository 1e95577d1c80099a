import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { formatByteSize } from "@millrace/base";
import { linesSvg } from "@millrace/plot";
import { formatAllocation } from "./allocation.ts";
import { readArguments } from "./arguments.ts";
import { formatFigure } from "./figure.ts";
import type { CaseResult } from "./run-case.ts";

// `pnpm bench:report`: one page of the latest results, without anything outside of it: it opens from disk.

interface Results {
  readonly machine: { readonly node: string; readonly cpu: string; readonly cores: number };
  readonly results: readonly CaseResult[];
}

readArguments("bench:report", [], "Writes the latest results as a page with charts, and prints where.");
const directory = fileURLToPath(new URL("../results/", import.meta.url));
const input = join(directory, "latest.json");
if (!existsSync(input)) {
  process.stderr.write("bench:report: there are no results yet; run `pnpm bench` first\n");
  process.exit(1);
}
const { machine, results } = JSON.parse(readFileSync(input, "utf8")) as Results;
const output = join(directory, "report.html");
writeFileSync(output, page());
process.stdout.write(`${relative(process.env.INIT_CWD ?? process.cwd(), output)}\n`);

function page(): string {
  const baseline = results[0] === undefined ? 0 : results[0].baselineSeconds * 1000;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>millrace benchmarks</title>
<style>
  body { font: 14px/1.5 sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; color: #222 }
  table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: 2px 8px; white-space: nowrap }
  td.bar { width: 50% } .bar div { height: 14px; background: #bbb } .ours td { font-weight: bold } .ours .bar div { background: #0072b2 }
  .no { color: #d55e00 } h2 { margin-top: 2em; font-size: 16px } figure { margin: 1em 0 }
</style>
<h1>millrace benchmarks</h1>
<p>${escapeHtml(machine.cpu)}, ${machine.cores} cores, Node ${machine.node}; a fixed piece of arithmetic took ${baseline.toFixed(1)} ms.
Each contender ran in fresh processes, in turns; bars are median rates, the longest is the fastest of its case. Behind them: peak memory of the process, and what one run allocates.</p>
<h2>Ratios to reach</h2>${targets()}
${curves()}
${results.map(section).join("\n")}
</html>
`;
}

function targets(): string {
  const rows = results.flatMap(({ id, reach }) =>
    reach === undefined
      ? []
      : [
          `<tr${reach.found < reach.wanted ? ' class="no"' : ""}><td>${id}<td>${escapeHtml(reach.against)}<td>${reach.wanted.toFixed(2)}<td>${reach.found.toFixed(2)}<td>${reach.found < reach.wanted ? "no" : "yes"}`,
        ],
  );
  return `<table><tr><th>case<th>against<th>to reach<th>found<th>reached${rows.join("")}</table>`;
}

function section(result: CaseResult): string {
  const { id, contenders } = result;
  const fastest = Math.max(...contenders.map(({ perSecond }) => perSecond));
  const rows = contenders.map((contender) => {
    if (!contender.hasRun)
      return `<tr><td>${escapeHtml(contender.name)}<td colspan="5">not run: not installed`;
    const width = (100 * contender.perSecond) / fastest;
    const ratio = contender.isOurs ? "" : `ours by it: ${contender.ourRatio.toFixed(2)}`;
    return `<tr${contender.isOurs ? ' class="ours"' : ""}><td>${escapeHtml(contender.name)}<td class="bar"><div style="width:${width.toFixed(1)}%"></div><td>${formatFigure(result, contender.perSecond)} ±${(100 * contender.spread).toFixed(0)} %<td>${formatByteSize(contender.peakBytes)}<td>${formatAllocation(contender.allocation)}<td>${ratio}`;
  });
  return `<h2>${id}</h2><table>${rows.join("")}</table>`;
}

/** Cases that differ only in a size, "zipf-1k" and "zipf-10k", as curves over it. */
function curves(): string {
  const groups = new Map<string, { size: number; result: CaseResult }[]>();
  for (const result of results) {
    const match = /^(.*?)-?(\d+)(k|M|B|KiB)?(-writers?)?$/.exec(result.id);
    if (match === null) continue;
    const factor = { k: 1e3, M: 1e6, B: 1, KiB: 1024 }[match[3] ?? "B"] ?? 1;
    const group = groups.get(match[1]!) ?? [];
    group.push({ size: Number(match[2]) * factor, result });
    groups.set(match[1]!, group);
  }
  return [...groups]
    .filter(([, group]) => group.length > 1)
    .map(([name, group]) => {
      const sorted = [...group].sort((a, b) => a.size - b.size);
      const names = [...new Set(sorted.flatMap(({ result }) => result.contenders.map((c) => c.name)))];
      const series = names.map((contender) => {
        const ran = sorted.flatMap(({ size, result }) => {
          const found = result.contenders.find((c) => c.name === contender && c.hasRun);
          return found === undefined ? [] : [{ size, perSecond: found.perSecond }];
        });
        return { name: contender, x: ran.map(({ size }) => size), y: ran.map(({ perSecond }) => perSecond) };
      });
      const title = `${name}, ${sorted[0]!.result.unit} a second`;
      return `<figure>${linesSvg(series, { title, xLabel: "size", xScale: "log", widthPixels: 900 })}</figure>`;
    })
    .join("\n");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
