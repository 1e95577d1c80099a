import { byteSize, formatAmount, formatFacts, type VerbSpec } from "@millrace/cli";
import { absentRows, type ConfigFlag, configFlag, openFromFlags, workOptions } from "./shared.ts";

interface RepairFlags extends ConfigFlag {
  readonly bandwidth?: number;
  readonly replaced?: readonly string[];
}

/** `repair [prefix]`: makes anew what is missing or damaged. */
export const repairVerb: VerbSpec<RepairFlags> = {
  usage: "repair [prefix]",
  summary: "makes shards and manifests anew that are missing or damaged; exit 1 when something is left",
  example: "repair --config store.yaml",
  flags: (command) =>
    configFlag(command)
      .option("--bandwidth <size>", "most bytes of shards a second", byteSize)
      .option(
        "--replaced <backend>",
        "its disk was replaced by an empty one; again for each",
        (value: string, before: readonly string[] = []) => [...before, value],
      ),
  action: async (context, [prefix], flags) => {
    const store = await openFromFlags(flags);
    const result = await store.repair(prefix, {
      ...workOptions(context, store, "repair"),
      bytesPerSecond: flags.bandwidth,
      replaced: flags.replaced,
    });
    return {
      json: { ...result },
      text: formatFacts([
        ["objects", result.objects],
        [
          "repaired",
          `${formatAmount(result.repairedObjects, "object")}, ${formatAmount(result.repairedShards, "shard")}`,
        ],
        ...absentRows(result.absent),
        ["lost", result.lost.length === 0 ? 0 : result.lost.join(", ")],
        ...result.failed.map(({ object, problem }): [string, string] => [object, problem]),
      ]),
      isFailure: result.lost.length + result.failed.length > 0,
    };
  },
};
