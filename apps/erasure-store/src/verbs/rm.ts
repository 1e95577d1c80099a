import { formatFacts, type VerbSpec } from "@millrace/cli";
import { ErasureStore } from "../store.ts";
import { type ConfigFlag, configFlag } from "./shared.ts";

/** `rm <name>`: removes one object. */
export const rmVerb: VerbSpec<ConfigFlag> = {
  usage: "rm <name>",
  summary: "removes exactly one object",
  example: "rm --config store.yaml 2026/report.pdf",
  flags: configFlag,
  action: async (context, [name], { config }) => {
    const store = await ErasureStore.open(config);
    await store.remove(name!, { signal: context.signal });
    return { json: { object: name, removed: true }, text: formatFacts([["removed", name]]) };
  },
};
