import { formatByteSize } from "@millrace/base";
import { byteSize, checkOutputPath, formatFacts, integerBetween, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { convertExperiment, DEFAULT_CONVERT_OPTIONS } from "../convert/convert.ts";
import { CONVERT_FORMATS, type ConvertFormat } from "../convert/formats.ts";

interface ConvertFlags {
  readonly to?: ConvertFormat;
  readonly episode?: number;
  readonly memory: number;
}

/** `convert <in> <out>`: writes an experiment in a format of other programs. */
export const convertVerb: VerbSpec<ConvertFlags> = {
  usage: "convert <in> <out>",
  summary: "writes an experiment for other programs: SONATA, NWB, Zarr, tables as Parquet or CSV",
  example: "convert experiments/lif.h5 lif.nwb",
  flags: (command) =>
    command
      .option("--to <format>", `${CONVERT_FORMATS.join(", ")}; else by the ending of <out>`)
      .option("--episode <n>", "only this episode; NWB files hold one", integerBetween(0, 2 ** 31))
      .option(
        "--memory <size>",
        "what data may take in memory, from 1MiB on",
        byteSize,
        DEFAULT_CONVERT_OPTIONS.memoryBytes,
      ),
  action: async (context, [input, output], { to, episode, memory }) => {
    checkOutputPath(output!, input!);
    const bar = context.progress("convert");
    const { leftOut, ...result } = await convertExperiment(input!, output!, {
      to,
      episode,
      memoryBytes: memory,
      signal: context.signal,
      onProgress: (report) => bar.update(report),
    });
    const bytes = await bytesBelow(output!);
    return {
      json: { ...result, leftOut, bytes },
      text: formatFacts([
        [result.format, result.output],
        ["episodes", result.episodes],
        ["spikes", result.spikes],
        ["size", formatByteSize(bytes)],
        ["left out", leftOut.length === 0 ? undefined : leftOut.join("; ")],
      ]),
    };
  },
};

/** Bytes of a file, or of all files of a directory. */
async function bytesBelow(path: string): Promise<number> {
  const { kind, size } = await diskVfs.stat(path);
  if (kind !== "directory") return size;
  let bytes = 0;
  for (const { name } of await diskVfs.list(path)) bytes += await bytesBelow(`${path}/${name}`);
  return bytes;
}
