import { once } from "node:events";
import { formatByteSize, formatDuration, MillraceError } from "@millrace/base";
import { formatAmount, UsageError, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { getFolder } from "../folders.ts";
import type { ByteRange, ReadOptions } from "../read-object.ts";
import type { ErasureStore } from "../store.ts";
import {
  type ConfigFlag,
  configFlag,
  damageNotes,
  hintFolder,
  keepStats,
  note,
  openFromFlags,
  rateOf,
  secondsSince,
  summaryOf,
  workOptions,
} from "./shared.ts";

interface GetFlags extends ConfigFlag {
  readonly range?: string;
  readonly hedge?: ReadOptions["hedge"];
}

/** `get <name> <out>`: writes an object to a file or to stdout, or a folder of objects to a directory. */
export const getVerb: VerbSpec<GetFlags> = {
  usage: "get <name> <out>",
  summary:
    "writes an object to a file (- for stdout), or all objects below a name that ends in / to a directory",
  example: "get --config store.yaml 2026/report.pdf report.pdf",
  flags: (command) =>
    configFlag(command)
      .option("--range <first-last>", 'bytes of the object, both ends included: "0-65535", "100-"')
      .option("--hedge <when>", 'when a server more than needed is asked: "late" or "always"'),
  action: async (context, [name, out], flags) => {
    if (out === "-" && context.isJson)
      throw new UsageError("get NAME -: with --json stdout is taken; name a file");
    const range = flags.range === undefined ? undefined : parseRange(flags.range);
    const isFolder = name!.endsWith("/");
    if (isFolder && (out === "-" || range !== undefined)) {
      throw new UsageError(`get ${name}: many objects go to a directory, whole; name one`);
    }
    const startMs = performance.now();
    const store = await openFromFlags(flags);
    const work = workOptions(context, store, "get");
    const options = { ...work, hedge: flags.hedge, onDamage: damageNotes(context, store) };
    if (out === "-") {
      await writeToStdout(store, name!, { ...options, range });
      await keepStats(context, flags, store);
      return undefined;
    }
    const { bytes, objects } = isFolder
      ? await getFolder(store, diskVfs, name!.replace(/\/+$/, ""), out!, options)
      : await hintFolder(store, name!, async () => ({
          ...(await store.getFile(name!, out!, { ...options, range })),
          objects: 1,
        }));
    if (objects === 0)
      throw new MillraceError(
        "STORE_OBJECT_UNKNOWN",
        `${name}: no object's name begins so; \`ls\` shows what there is`,
      );
    if (range !== undefined && bytes === 0) {
      note(context, store, `--range ${flags.range} lies behind the end of ${name}: nothing was read`);
    }
    const seconds = secondsSince(startMs);
    await keepStats(context, flags, store);
    const bytesPerSecond = rateOf(bytes, seconds);
    return {
      json: { object: name, bytes, objects, path: out, seconds, bytesPerSecond },
      ...summaryOf(flags, [
        ["object", isFolder ? `${name} (${formatAmount(objects, "object")})` : name],
        [isFolder ? "directory" : "file", out],
        ["size", formatByteSize(bytes)],
        ["time", formatDuration(seconds * 1000)],
        ["speed", `${formatByteSize(bytesPerSecond)}/s`],
      ]),
    };
  },
};

function parseRange(text: string): ByteRange {
  const [, first, last] = /^(\d+)-(\d*)$/.exec(text) ?? [];
  if (first === undefined || (last !== "" && Number(last) < Number(first))) {
    throw new UsageError(`--range ${text}: expected FIRST-LAST or FIRST-, in bytes, both included`);
  }
  return { start: Number(first), ...(last !== "" && { end: Number(last) + 1 }) };
}

async function writeToStdout(
  store: ErasureStore,
  name: string,
  options: ReadOptions & { readonly signal: AbortSignal },
): Promise<void> {
  for await (const piece of store.get(name, options)) {
    // A copy: stdout may still hold a piece when the next one is read into the same memory.
    if (!process.stdout.write(piece.slice())) await once(process.stdout, "drain", { signal: options.signal });
  }
}
