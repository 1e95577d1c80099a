import { resolve } from "node:path";
import { formatFacts, integerBetween, UsageError, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { initStore } from "../config.ts";
import { type ConfigFlag, configFlag } from "./shared.ts";

interface InitFlags extends ConfigFlag {
  readonly backend: readonly string[];
  readonly dataShards: number;
  readonly parityShards: number;
}

/** `init`: makes a store. */
export const initVerb: VerbSpec<InitFlags> = {
  usage: "init",
  summary: "makes a store: the directories of its backends, and its configuration",
  example: "init --config store.yaml --backend a=dir:disks/a --backend b=dir:disks/b --backend c=dir:disks/c",
  flags: (command) =>
    configFlag(command)
      .requiredOption(
        "--backend <name=location>",
        "a place for shards, on a disk of its own; again for each",
        (value: string, before: readonly string[] = []) => [...before, value],
      )
      .option("--data-shards <n>", "shards that hold an object's bytes", integerBetween(1, 255), 4)
      .option("--parity-shards <n>", "shards of it that may be lost", integerBetween(1, 255), 2),
  action: async (_context, _args, { config, backend, dataShards, parityShards }) => {
    const backends: Record<string, string> = {};
    for (const text of backend) {
      const [, name, location] = /^([^=]*)=(.*)$/.exec(text) ?? [];
      if (name === undefined || location === undefined) {
        throw new UsageError(`--backend ${text}: expected NAME=dir:PATH`);
      }
      if (name in backends)
        throw new UsageError(`--backend ${text}: the name ${name} is taken; choose another`);
      // The configuration may lie elsewhere; what is typed is meant from here.
      backends[name] = location.startsWith("dir:") ? `dir:${resolve(location.slice(4))}` : location;
    }
    await initStore(diskVfs, config, { dataShards, parityShards, backends });
    return {
      json: { config, backends: Object.keys(backends).length, dataShards, parityShards },
      text: formatFacts([
        ["configuration", config],
        ["backends", Object.keys(backends).join(", ")],
        ["shards", `${dataShards} data, ${parityShards} parity`],
      ]),
    };
  },
};
