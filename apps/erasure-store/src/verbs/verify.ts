import { formatFacts, formatTable, type VerbSpec } from "@millrace/cli";
import type { VerifyProblem, VerifyResult } from "../verify.ts";
import { type ConfigFlag, configFlag, openFromFlags, workOptions } from "./shared.ts";

/** Rows that a person still reads. */
const SHOWN_PROBLEMS = 50;

/** `verify [prefix]`: checks every byte. */
export const verifyVerb: VerbSpec<ConfigFlag> = {
  usage: "verify [prefix]",
  summary: "checks every byte of every shard; exit 1 when something is missing or damaged",
  example: "verify --config store.yaml",
  flags: configFlag,
  action: async (context, [prefix], flags) => {
    const store = await openFromFlags(flags);
    const { problems, ...counts } = await store.verify(prefix, workOptions(context, store, "verify"));
    return {
      json: { ...counts, problems },
      text: `${formatFacts(checkFacts(counts))}${problemTable(problems)}`,
      isFailure: problems.length > 0,
    };
  },
};

/** What was counted, for people. */
export function checkFacts(counts: Omit<VerifyResult, "problems">): [string, number][] {
  return [
    ["objects", counts.objects],
    ["shards", counts.shards],
    ["missing", counts.missing],
    ["corrupt", counts.corrupt],
    ["bad manifests", counts.badManifests],
    ["recoverable", counts.recoverable],
    ["lost", counts.lost],
  ];
}

/** What is wrong, for people, behind an empty line; nothing where all is well. */
export function problemTable(problems: readonly VerifyProblem[]): string {
  if (problems.length === 0) return "";
  const rows = problems
    .slice(0, SHOWN_PROBLEMS)
    .map(({ object, shard, backend, problem }) => [
      object,
      shard === null ? "manifest" : String(shard),
      backend ?? "none",
      problem,
    ]);
  const more = problems.length > rows.length ? `\n… and ${problems.length - rows.length} more` : "";
  return `\n\n${formatTable(["object", "shard", "backend", "problem"], rows)}${more}`;
}
