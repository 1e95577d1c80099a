import { formatFacts, type VerbSpec } from "@millrace/cli";
import { absentRows, type ConfigFlag, configFlag, openFromFlags, workOptions } from "./shared.ts";

/** `rebalance`: moves shards after backends came or went. */
export const rebalanceVerb: VerbSpec<ConfigFlag> = {
  usage: "rebalance",
  summary: "moves shards to where they would be put today, after backends came or went",
  example: "rebalance --config store.yaml",
  flags: configFlag,
  action: async (context, _args, flags) => {
    const store = await openFromFlags(flags);
    const result = await store.rebalance(workOptions(context, store, "rebalance"));
    return {
      json: { ...result },
      text: formatFacts([
        ["objects", result.objects],
        ["moved shards", result.movedShards],
        ...absentRows(result.absent),
        ...result.failed.map(({ object, problem }): [string, string] => [object, problem]),
      ]),
      isFailure: result.failed.length > 0,
    };
  },
};
