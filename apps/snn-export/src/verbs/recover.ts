import { formatFacts, formatTable, type VerbSpec } from "@millrace/cli";
import { recover } from "../recover.ts";

interface RecoverFlags {
  readonly force?: boolean;
}

/** `recover <file>`: brings the file of a run that was killed in order. */
export const recoverVerb: VerbSpec<RecoverFlags> = {
  usage: "recover <file>",
  summary: "marks what a killed run left as recovered, and says what is kept",
  example: "recover experiments/lif.h5",
  flags: (command) =>
    command.option("--force", "also when the process that wrote the file seems to be alive"),
  action: async (_context, [path], { force = false }) => {
    const { episodes, isChanged } = await recover(path!, { force });
    const rows = episodes.map(({ id, steps, spikes, lastTimestep }) => [id, steps, spikes, lastTimestep]);
    const what = isChanged ? "recovered as of its last checkpoint" : "nothing to recover";
    const table = formatTable(["episode", "steps kept", "spikes kept", "last time step"], rows);
    return {
      json: { path, isChanged, episodes },
      text: formatFacts([[path!, what]]) + (rows.length === 0 ? "" : `\n\n${table}`),
    };
  },
};
