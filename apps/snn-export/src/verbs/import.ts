import { formatByteSize } from "@millrace/base";
import { byteSize, checkOutputPath, formatFacts, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { DEFAULT_IMPORT_OPTIONS, importSpikes } from "../import/import-spikes.ts";

interface ImportFlags {
  readonly memory: number;
}

/** `import <in> <out>`: makes an experiment of spikes of SONATA or NWB. */
export const importVerb: VerbSpec<ImportFlags> = {
  usage: "import <in> <out>",
  summary: "makes an experiment of the spikes of a SONATA or NWB file, without rounding a time",
  example: "import recording.nwb experiments/recording.h5",
  flags: (command) =>
    command.option(
      "--memory <size>",
      "what sorting spikes by time may take",
      byteSize,
      DEFAULT_IMPORT_OPTIONS.memoryBytes,
    ),
  action: async (context, [input, output], { memory }) => {
    checkOutputPath(output!, input!);
    const bar = context.progress("import");
    const result = await importSpikes(input!, output!, {
      memoryBytes: memory,
      signal: context.signal,
      onProgress: (report) => bar.update(report),
    });
    const { size: bytes } = await diskVfs.stat(output!);
    const { format, populations, neurons, spikes, stepMs, keepsTimes } = result;
    return {
      json: { ...result, bytes },
      text: formatFacts([
        ["file", output!],
        ["from", format],
        ["episodes", populations.map(({ name }) => name).join(", ")],
        ["neurons", neurons],
        ["spikes", spikes],
        ["time step", keepsTimes ? `${stepMs} ms, with the exact times beside` : `${stepMs} ms`],
        ["size", formatByteSize(bytes)],
      ]),
    };
  },
};
