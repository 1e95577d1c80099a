import { addAbortSignal } from "node:stream";
import { checkOneOf, formatByteSize, formatDuration, IoError } from "@millrace/base";
import { formatAmount, integerBetween, UsageError, type VerbSpec } from "@millrace/cli";
import { baseName, diskVfs } from "@millrace/files";
import { COMPRESSIONS, type Compression } from "../coding.ts";
import { DIGESTS } from "../config.ts";
import { putFolder } from "../folders.ts";
import { shardName } from "../open-shards.ts";
import type { PutOptions, PutResult } from "../put.ts";
import type { ErasureStore } from "../store.ts";
import {
  type ConfigFlag,
  configFlag,
  keepStats,
  note,
  openFromFlags,
  rateOf,
  secondsSince,
  summaryOf,
  workOptions,
} from "./shared.ts";

interface PutFlags extends ConfigFlag {
  readonly dataShards?: number;
  readonly parityShards?: number;
  readonly engine?: string;
  readonly compression?: string;
  readonly digest?: string;
  readonly raw?: boolean;
  readonly recursive?: boolean;
  readonly resume?: boolean;
}

const FAMILY_OF_ENGINE = { wasm: undefined, typescript: undefined, ronomon: "ronomon-cauchy" } as const;

/** `put <file> [name]`: stores a file or a folder. */
export const putVerb: VerbSpec<PutFlags> = {
  usage: "put <file> [name]",
  summary: "stores a file or stdin (-) under a name, which is the file's own by default",
  example: "put --config store.yaml report.pdf 2026/report.pdf",
  flags: (command) =>
    configFlag(command)
      .option("--data-shards <n>", "as `init`; for this object only", integerBetween(1, 255))
      .option("--parity-shards <n>", "as `init`; for this object only", integerBetween(1, 255))
      .option("--compression <name>", "none or zstd; for this object only")
      .option("--digest <name>", "sha256, of the whole object, or none")
      .option("-r, --recursive", "stores all files of a folder, under the name and their paths in it")
      .option("--resume", "goes on where a put of this file was stopped, in buckets; not for stdin")
      .option("--raw", "in one piece on one backend, without redundancy")
      .option(
        "--engine <name>",
        "ronomon for the native addon's code, where installed; for this object only",
      ),
  action: async (context, [file, givenName], flags) => {
    if (file === "-" && givenName === undefined) {
      throw new UsageError("put -: stdin has no name; say put - NAME");
    }
    const path = file!.replace(/(?<=.)\/+$/, "");
    const name = givenName ?? baseName(path);
    const startMs = performance.now();
    const store = await openFromFlags(flags);
    const options = { ...shapeOf(flags), ...workOptions(context, store, "put") };
    const isFolder = flags.recursive === true && file !== "-";
    const result = isFolder
      ? { ...(await putFolder(store, diskVfs, name, path, options)), ...shapeIn(store, options) }
      : { ...(await putOne(store, name, file!, options)), objects: 1 };
    for (const failed of result.failedShards) {
      note(
        context,
        store,
        `not written: ${shardName(failed)}: ${failed.problem}; the object is stored without it`,
      );
    }
    const seconds = secondsSince(startMs);
    await keepStats(context, flags, store);
    const { bytes, objects, dataShards, parityShards } = result;
    const bytesPerSecond = rateOf(bytes, seconds);
    const failedShards = result.failedShards.length;
    return {
      json: { object: name, bytes, objects, dataShards, parityShards, failedShards, seconds, bytesPerSecond },
      ...summaryOf(flags, [
        ["object", isFolder ? `${name}/ (${formatAmount(objects, "object")})` : name],
        ["size", formatByteSize(bytes)],
        ["shards", `${dataShards} data, ${parityShards} parity`],
        ["time", formatDuration(seconds * 1000)],
        ["speed", `${formatByteSize(bytesPerSecond)}/s`],
      ]),
    };
  },
};

async function putOne(
  store: ErasureStore,
  name: string,
  file: string,
  options: PutOptions & { readonly signal: AbortSignal },
): Promise<PutResult> {
  if (file !== "-" && (await isDirectory(file))) {
    const problem = "this is a directory, a file was expected; put --recursive stores all files in it";
    throw new IoError("FILES_IS_DIRECTORY", file, "open", problem);
  }
  // A terminal or a pipe may never end: the signal ends it.
  return await store.put(name, file === "-" ? addAbortSignal(options.signal, process.stdin) : file, options);
}

async function isDirectory(path: string): Promise<boolean> {
  return (await diskVfs.exists(path)) && (await diskVfs.stat(path)).kind === "directory";
}

function shapeOf({
  dataShards,
  parityShards,
  engine,
  compression,
  digest,
  raw,
  resume,
}: PutFlags): Omit<PutOptions, "signal"> {
  const engines = Object.keys(FAMILY_OF_ENGINE) as (keyof typeof FAMILY_OF_ENGINE)[];
  const codeFamily =
    engine === undefined ? undefined : FAMILY_OF_ENGINE[checkOneOf("store", "engine", engine, engines)];
  const codec: Compression | undefined =
    compression === undefined ? undefined : checkOneOf("store", "compression", compression, COMPRESSIONS);
  const digestName = digest === undefined ? undefined : checkOneOf("store", "digest", digest, DIGESTS);
  return { dataShards, parityShards, codeFamily, compression: codec, digest: digestName, raw, resume };
}

function shapeIn(
  { config }: ErasureStore,
  options: PutOptions,
): { dataShards: number; parityShards: number } {
  if (options.raw === true) return { dataShards: 1, parityShards: 0 };
  const { dataShards = config.dataShards, parityShards = config.parityShards } = options;
  return { dataShards, parityShards };
}
