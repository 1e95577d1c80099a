import { once } from "node:events";
import { formatByteSize, formatDuration } from "@millrace/base";
import { formatFacts, UsageError, type VerbSpec } from "@millrace/cli";
import type { ReadOptions } from "../read-object.ts";
import { ErasureStore } from "../store.ts";
import { type ConfigFlag, configFlag, damageNotes, rateOf, secondsSince, workOptions } from "./shared.ts";

/** `get <name> <out>`: writes an object to a file or to stdout. */
export const getVerb: VerbSpec<ConfigFlag> = {
  usage: "get <name> <out>",
  summary: "writes an object to a file (- for stdout), from whichever shards are there",
  example: "get --config store.yaml 2026/report.pdf report.pdf",
  flags: configFlag,
  action: async (context, [name, out], { config }) => {
    if (out === "-" && context.isJson)
      throw new UsageError("get NAME -: with --json stdout is taken; name a file");
    const startMs = performance.now();
    const store = await ErasureStore.open(config);
    const options = { ...workOptions(context, "get"), onDamage: damageNotes(context) };
    if (out === "-") {
      await writeToStdout(store, name!, options);
      return undefined;
    }
    const { object, bytes } = await store.get(name!, out!, options);
    const seconds = secondsSince(startMs);
    const bytesPerSecond = rateOf(bytes, seconds);
    return {
      json: { object, bytes, path: out, seconds, bytesPerSecond },
      text: formatFacts([
        ["object", object],
        ["file", out],
        ["size", formatByteSize(bytes)],
        ["time", formatDuration(seconds * 1000)],
        ["speed", `${formatByteSize(bytesPerSecond)}/s`],
      ]),
    };
  },
};

async function writeToStdout(store: ErasureStore, name: string, options: ReadOptions): Promise<void> {
  for await (const piece of store.read(name, options)) {
    // A copy: stdout may still hold a piece when the next one is read into the same memory.
    if (!process.stdout.write(piece.slice())) await once(process.stdout, "drain", { signal: options.signal });
  }
}
