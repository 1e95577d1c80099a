import { formatFacts, type VerbSpec } from "@millrace/cli";
import { type ConfigFlag, configFlag, openFromFlags, workOptions } from "./shared.ts";

/** `rebuild-index`: makes manifests anew out of shards. */
export const rebuildIndexVerb: VerbSpec<ConfigFlag> = {
  usage: "rebuild-index",
  summary: "makes the manifests anew of objects that have none, out of their shards",
  example: "rebuild-index --config store.yaml",
  flags: configFlag,
  action: async (context, _args, flags) => {
    const store = await openFromFlags(flags);
    const { rebuilt, incomplete } = await store.rebuildIndex(workOptions(context, store, "rebuild-index"));
    return {
      json: { rebuilt, incomplete },
      text: formatFacts([
        ["rebuilt", rebuilt.length],
        ["too few shards", incomplete.length === 0 ? 0 : incomplete.join(", ")],
      ]),
      isFailure: incomplete.length > 0,
    };
  },
};
