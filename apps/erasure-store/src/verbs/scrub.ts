import { duration, formatFacts, formatTable, type VerbSpec } from "@millrace/cli";
import { type ConfigFlag, configFlag, openFromFlags, workOptions } from "./shared.ts";
import { checkFacts, problemTable } from "./verify.ts";

interface ScrubFlags extends ConfigFlag {
  readonly removeOrphans?: boolean;
  readonly orphanAge?: number;
}

/** Rows that a person still reads. */
const SHOWN_ORPHANS = 50;

/** `scrub`: checks every byte, and finds what no object owns. */
export const scrubVerb: VerbSpec<ScrubFlags> = {
  usage: "scrub",
  summary: "checks every byte, and finds shards that no object owns; exit 1 when something is wrong",
  example: "scrub --config store.yaml",
  flags: (command) =>
    configFlag(command)
      .option("--remove-orphans", "removes them, and half-written files; only while no put is running")
      .option("--orphan-age <time>", "younger shards may belong to a put that is running", duration),
  action: async (context, _args, flags) => {
    const store = await openFromFlags(flags);
    const result = await store.scrub({
      ...workOptions(context, store, "scrub"),
      removeOrphans: flags.removeOrphans,
      orphanAgeMs: flags.orphanAge,
    });
    const { orphans, halfWritten, removed, problems, ...counts } = result;
    const rows = orphans
      .slice(0, SHOWN_ORPHANS)
      .map(({ backend, shard, object }) => [object ?? "unknown", backend, shard]);
    const facts = formatFacts([
      ...checkFacts(counts),
      ["orphans", orphans.length],
      ["half-written", halfWritten],
      ["removed", removed],
    ]);
    const table = rows.length === 0 ? "" : `\n\n${formatTable(["orphan of", "backend", "shard"], rows)}`;
    return {
      json: { ...counts, problems, orphans, halfWritten, removed },
      text: `${facts}${problemTable(problems)}${table}`,
      isFailure: problems.length > 0 || (orphans.length > 0 && flags.removeOrphans !== true),
    };
  },
};
