import { resolve } from "node:path";
import { formatFacts, integerBetween, UsageError, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { initStore } from "../config-file.ts";
import { TRAITS, type Trait } from "../probe.ts";
import type { KeyReference } from "../repository-key.ts";
import { type ConfigFlag, defaultConfigPath } from "./shared.ts";

interface InitFlags extends ConfigFlag {
  readonly backend: readonly string[];
  readonly dataShards: number;
  readonly parityShards: number;
  readonly encryptionKey?: string;
  readonly rawKey?: boolean;
}

/** What it means when a server does not honour something. */
const MISSING: Readonly<Record<Trait, string>> = {
  locks: "its lock does not keep a second writer out; the lock lies on another backend where there is one",
  ranges:
    "it sends whole values where parts are asked for; shards of more than 16 MiB cannot be read from it",
  lists: "its lists lag behind what was written; ls, scrub and repair may miss what is new",
};

/** `init`: makes a store. */
export const initVerb: VerbSpec<InitFlags> = {
  usage: "init",
  summary: "makes a store: the directories of its backends, and its configuration",
  example: "init --config store.yaml --backend a=dir:disks/a --backend b=dir:disks/b --backend c=dir:disks/c",
  flags: (command) =>
    command
      .option("--config <file>", "the configuration to write", defaultConfigPath())
      .requiredOption(
        "--backend <name=location>",
        "a place for shards, on a disk of its own; again for each",
        (value: string, before: readonly string[] = []) => [...before, value],
      )
      .option("--data-shards <n>", "shards that hold an object's bytes", integerBetween(1, 255), 4)
      .option("--parity-shards <n>", "shards of it that may be lost", integerBetween(1, 255), 2)
      .option("--encryption-key <reference>", "encrypts objects with the key in env:NAME or file:PATH")
      .option("--raw-key", "the key is 64 hexadecimal digits, not a passphrase"),
  action: async (context, _args, { config, backend, dataShards, parityShards, encryptionKey, rawKey }) => {
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
    const encryption = encryptionKey === undefined ? undefined : keyReference(encryptionKey, rawKey === true);
    const made = { dataShards, parityShards, ...(encryption && { encryption }), backends };
    const { honours } = await initStore(diskVfs, config, made, process.env);
    for (const [name, traits] of Object.entries(honours)) {
      for (const trait of TRAITS) {
        if (!traits.includes(trait)) context.note(`backend ${name}: ${MISSING[trait]}`);
      }
    }
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

function keyReference(key: string, isRaw: boolean): KeyReference {
  if (isRaw) return { key, derive: "raw" };
  const salt = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex");
  return { key, derive: "scrypt", salt };
}
