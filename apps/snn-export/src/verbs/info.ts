import { formatByteSize } from "@millrace/base";
import { formatFacts, formatTable, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { ExperimentLoader } from "../loader.ts";

/** `info <file>`: what an experiment file holds. */
export const infoVerb: VerbSpec<object> = {
  usage: "info <file>",
  summary: "shows what an experiment file holds",
  example: "info experiments/lif.h5",
  action: async (_context, [path]) => {
    await using loader = await ExperimentLoader.open(path!);
    const { size: bytes } = await diskVfs.stat(path!);
    const attributes = loader.attributes();
    const episodes = loader
      .episodes()
      .map(({ id, status, steps, spikes }) => ({ id, status, steps, spikes }));
    const formatVersion = String(attributes.format_version);
    const neurons = Number(attributes.n_neurons);
    const connections = Number(attributes.n_connections);
    const facts = formatFacts([
      ["experiment", String(attributes.experiment_name)],
      ["recorded", String(attributes.timestamp)],
      ["format version", formatVersion],
      ["neurons", neurons],
      ["connections", connections],
      ["size", formatByteSize(bytes)],
    ]);
    const rows = episodes.map(({ id, status, steps, spikes }) => [id, status, steps, spikes]);
    return {
      json: { formatVersion, episodes, neurons, connections, bytes },
      text: `${facts}\n\n${formatTable(["episode", "status", "steps", "spikes"], rows)}`,
    };
  },
};
