import { formatFacts, formatTable, type VerbSpec } from "@millrace/cli";
import { ErasureStore } from "../store.ts";
import { type ConfigFlag, configFlag, workOptions } from "./shared.ts";

/** Rows that a person still reads. */
const SHOWN_PROBLEMS = 50;

/** `verify [prefix]`: checks every byte. */
export const verifyVerb: VerbSpec<ConfigFlag> = {
  usage: "verify [prefix]",
  summary: "checks every byte of every shard; exit 1 when something is missing or damaged",
  example: "verify --config store.yaml",
  flags: configFlag,
  action: async (context, [prefix], { config }) => {
    const store = await ErasureStore.open(config);
    const result = await store.verify(prefix, workOptions(context, "verify"));
    const { problems, ...counts } = result;
    const facts = formatFacts([
      ["objects", counts.objects],
      ["shards", counts.shards],
      ["missing", counts.missing],
      ["corrupt", counts.corrupt],
      ["bad manifests", counts.badManifests],
      ["recoverable", counts.recoverable],
      ["lost", counts.lost],
    ]);
    const rows = problems
      .slice(0, SHOWN_PROBLEMS)
      .map(({ object, shard, backend, problem }) => [
        object,
        shard === null ? "manifest" : String(shard),
        backend ?? "none",
        problem,
      ]);
    const more = problems.length > rows.length ? `\n… and ${problems.length - rows.length} more` : "";
    const table = formatTable(["object", "shard", "backend", "problem"], rows);
    return {
      json: { ...counts, problems },
      text: problems.length === 0 ? facts : `${facts}\n\n${table}${more}`,
      isFailure: problems.length > 0,
    };
  },
};
