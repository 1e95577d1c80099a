import { addAbortSignal } from "node:stream";
import { checkOneOf, formatByteSize, formatDuration } from "@millrace/base";
import { formatFacts, integerBetween, UsageError, type VerbSpec } from "@millrace/cli";
import { baseName } from "@millrace/files";
import { shardName } from "../open-shards.ts";
import { ErasureStore } from "../store.ts";
import { type ConfigFlag, configFlag, rateOf, secondsSince, workOptions } from "./shared.ts";

interface PutFlags extends ConfigFlag {
  readonly dataShards?: number;
  readonly parityShards?: number;
  readonly engine?: string;
}

const FAMILY_OF_ENGINE = { typescript: "vandermonde", ronomon: "ronomon-cauchy" } as const;

/** `put <file> [name]`: stores a file. */
export const putVerb: VerbSpec<PutFlags> = {
  usage: "put <file> [name]",
  summary: "stores a file (- for stdin) under a name, which is the file's own by default",
  example: "put --config store.yaml report.pdf 2026/report.pdf",
  flags: (command) =>
    configFlag(command)
      .option("--data-shards <n>", "as `init`; for this object only", integerBetween(1, 255))
      .option("--parity-shards <n>", "as `init`; for this object only", integerBetween(1, 255))
      .option("--engine <name>", "typescript, or ronomon (native, where installed); for this object only"),
  action: async (context, [file, givenName], { config, dataShards, parityShards, engine }) => {
    if (file === "-" && givenName === undefined) {
      throw new UsageError("put -: stdin has no name; say put - NAME");
    }
    const name = givenName ?? baseName(file!);
    const engines = Object.keys(FAMILY_OF_ENGINE) as (keyof typeof FAMILY_OF_ENGINE)[];
    const codeFamily =
      engine === undefined ? undefined : FAMILY_OF_ENGINE[checkOneOf("store", "engine", engine, engines)];
    const startMs = performance.now();
    const store = await ErasureStore.open(config);
    // A terminal or a pipe may never end: the signal ends it.
    const input = file === "-" ? addAbortSignal(context.signal, process.stdin) : file!;
    const result = await store.put(input, name, {
      ...workOptions(context, "put"),
      dataShards,
      parityShards,
      codeFamily,
    });
    for (const failed of result.failedShards) {
      context.note(`not written: ${shardName(failed)}: ${failed.problem}; the object is stored without it`);
    }
    const seconds = secondsSince(startMs);
    const { object, bytes } = result;
    const bytesPerSecond = rateOf(bytes, seconds);
    return {
      json: {
        object,
        bytes,
        dataShards: result.dataShards,
        parityShards: result.parityShards,
        failedShards: result.failedShards.length,
        seconds,
        bytesPerSecond,
      },
      text: formatFacts([
        ["object", object],
        ["size", formatByteSize(bytes)],
        ["shards", `${result.dataShards} data, ${result.parityShards} parity`],
        ["time", formatDuration(seconds * 1000)],
        ["speed", `${formatByteSize(bytesPerSecond)}/s`],
      ]),
    };
  },
};
