import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchmarkCase } from "./case.ts";

const CASES = fileURLToPath(new URL("./cases/", import.meta.url));

/** The ids of all cases: their files below `cases`, without the ending: "core/crc32c". */
export function caseIds(): string[] {
  return readdirSync(CASES, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -3).replaceAll("\\", "/"))
    .sort();
}

/** Loads one case by its id. */
export async function loadCase(id: string): Promise<BenchmarkCase> {
  const module: unknown = await import(new URL(`./cases/${id}.ts`, import.meta.url).href);
  return (module as { benchmark: BenchmarkCase }).benchmark;
}

/** The cases whose id begins with one of the prefixes; all where none are given. */
export function selectCases(prefixes: readonly string[], ids: readonly string[] = caseIds()): string[] {
  const selected = ids.filter(
    (id) => prefixes.length === 0 || prefixes.some((prefix) => id.startsWith(prefix)),
  );
  if (selected.length > 0) return selected;
  throw new Error(`no case begins with ${prefixes.join(" or ")}; there are ${ids.join(", ")}`);
}

/** The folder of all cases below another checkout's root. */
export function measureProgram(root: string): string {
  return join(root, "benchmarks", "src", "measure.ts");
}
