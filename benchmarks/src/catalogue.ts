import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchmarkCase, BenchmarkCases } from "./case.ts";

const CASES = fileURLToPath(new URL("./cases/", import.meta.url));

/** The ids of all cases, "core/cache/zipf-10k": the file below `cases`, and the name in it. */
export async function caseIds(): Promise<string[]> {
  const files = readdirSync(CASES, { recursive: true })
    .map((file) => String(file).replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -3))
    .sort();
  const ids: string[] = [];
  for (const file of files) ids.push(...Object.keys(await loadFile(file)).map((name) => `${file}/${name}`));
  return ids;
}

/** Loads one case by its id. */
export async function loadCase(id: string): Promise<BenchmarkCase> {
  const slash = id.lastIndexOf("/");
  const found = (await loadFile(id.slice(0, slash)))[id.slice(slash + 1)];
  if (found === undefined) throw new Error(`there is no case ${id}`);
  return found;
}

/** The cases whose id begins with one of the prefixes; all where none are given. */
export function selectCases(prefixes: readonly string[], ids: readonly string[]): string[] {
  const selected = ids.filter(
    (id) => prefixes.length === 0 || prefixes.some((prefix) => id.startsWith(prefix)),
  );
  if (selected.length > 0) return selected;
  throw new Error(`no case begins with ${prefixes.join(" or ")}; there are ${ids.join(", ")}`);
}

/** The program that measures one contender, in the checkout at `root`. */
export function measureProgram(root: string): string {
  return join(root, "benchmarks", "src", "measure.ts");
}

/** A program that measures a peer in Python, in the checkout at `root`. */
export function pythonProgram(root: string, script: string): string {
  return join(root, "benchmarks", "src", "python", script);
}

async function loadFile(file: string): Promise<BenchmarkCases> {
  const module: unknown = await import(new URL(`./cases/${file}.ts`, import.meta.url).href);
  return (module as { cases: BenchmarkCases }).cases;
}
