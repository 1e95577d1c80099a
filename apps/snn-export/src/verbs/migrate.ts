import { formatByteSize } from "@millrace/base";
import { checkOutputPath, formatFacts, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { migrate } from "../migrate/migrate.ts";

/** `migrate <in> <out>`: an older file, or one of the Python exporter, as one of today's version. */
export const migrateVerb: VerbSpec<object> = {
  usage: "migrate <in> <out>",
  summary: "writes an older file, or one of the Python exporter, as one of today's version",
  example: "migrate old.h5 new.h5",
  action: async (context, [input, output]) => {
    checkOutputPath(output!, input!);
    const bar = context.progress("migrate");
    const { from, to, episodes } = await migrate(input!, output!, {
      signal: context.signal,
      onProgress: (report) => bar.update(report),
    });
    const { size: bytes } = await diskVfs.stat(output!);
    return {
      json: { input, output, from, to, episodes, bytes },
      text: formatFacts([
        ["input", input],
        ["output", output],
        ["version", `${from} to ${to}`],
        ["episodes", episodes],
        ["size", formatByteSize(bytes)],
      ]),
    };
  },
};
