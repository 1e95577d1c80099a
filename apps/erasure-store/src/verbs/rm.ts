import type { VerbSpec } from "@millrace/cli";
import { type ConfigFlag, configFlag, hintFolder, openFromFlags, summaryOf } from "./shared.ts";

/** `rm <name>`: removes one object. */
export const rmVerb: VerbSpec<ConfigFlag> = {
  usage: "rm <name>",
  summary: "removes exactly one object",
  example: "rm --config store.yaml 2026/report.pdf",
  flags: configFlag,
  action: async (context, [name], flags) => {
    const store = await openFromFlags(flags);
    await hintFolder(store, name!, () => store.remove(name!, { signal: context.signal }));
    return { json: { object: name, removed: true }, ...summaryOf(flags, [["removed", name]]) };
  },
};
