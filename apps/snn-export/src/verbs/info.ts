import { formatByteSize } from "@millrace/base";
import { formatCount, formatFacts, formatTable, type VerbSpec } from "@millrace/cli";
import { diskVfs } from "@millrace/files";
import { ExperimentLoader } from "../loader.ts";

/** Episodes that the table for people has; thousands of lines help nobody. */
const MOST_SHOWN = 50;

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
    const formatVersion = loader.version;
    const neurons = Number(attributes.n_neurons);
    const connections = Number(attributes.n_connections);
    const facts = formatFacts([
      ["experiment", String(attributes.experiment_name)],
      ["recorded", String(attributes.timestamp)],
      ["format version", formatVersion],
      ["neurons", neurons],
      ["connections", connections],
      ["episodes", episodes.length],
      ["size", formatByteSize(bytes)],
    ]);
    const shown = episodes.length > MOST_SHOWN ? episodes.slice(0, MOST_SHOWN - 1) : episodes;
    const rows = shown.map(({ id, status, steps, spikes }) => [id, status, steps, spikes]);
    const left = episodes.length - shown.length;
    const table = formatTable(["episode", "status", "steps", "spikes"], rows);
    return {
      json: { formatVersion, episodes, neurons, connections, bytes },
      text: `${facts}\n\n${table}${left === 0 ? "" : `\n… and ${formatCount(left)} more; --json has all`}`,
    };
  },
};
