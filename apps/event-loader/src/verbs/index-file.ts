import { formatByteSize } from "@millrace/base";
import { formatFacts, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { indexPathOf } from "../index-file/index-file.ts";
import { addInputFlags, type InputFlags, openInput } from "./input-flags.ts";

/** `index <file>`: writes the index beside a recording, or finds that the one there fits. */
export const indexVerb: VerbSpec<InputFlags> = {
  usage: "index <file>",
  summary:
    "writes an index beside a recording, for quick access by time and for reading with several threads",
  example: "index drive.raw",
  flags: addInputFlags,
  action: async (context, [path], flags) => {
    await using recording = await openInput(path!, flags, context, "index");
    const index = await recording.openIndex();
    const file = indexPathOf(path!);
    const { size: bytes } = await diskVfs.stat(file);
    const { events, length: segments } = index;
    return {
      json: { input: path, output: file, format: recording.format, events, segments, bytes },
      text: formatFacts([
        ["input", path],
        ["index", file],
        ["events", events],
        ["segments", segments],
        ["size", formatByteSize(bytes)],
      ]),
    };
  },
};
