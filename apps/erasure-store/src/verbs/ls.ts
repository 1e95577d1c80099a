import { formatTable, type VerbSpec } from "@millrace/cli";
import { type ConfigFlag, configFlag, openFromFlags } from "./shared.ts";

/** `ls [prefix]`: which objects there are. */
export const lsVerb: VerbSpec<ConfigFlag> = {
  usage: "ls [prefix]",
  summary: "lists the objects whose names begin with a prefix, with the shards that are there",
  example: "ls --config store.yaml 2026/",
  flags: configFlag,
  action: async (_context, [prefix], flags) => {
    const objects = await (await openFromFlags(flags)).list(prefix);
    const rows = objects.map(({ name, bytes, shards, shardsPresent }) => [
      name,
      bytes,
      shards === 0 ? "in its manifest" : `${shardsPresent} of ${shards}`,
    ]);
    return { json: { objects }, text: formatTable(["name", "bytes", "shards"], rows) };
  },
};
