// A validator: an agent that leaves its arena is a bug in the simulation, to be found at the step where it happens.
import { DataExporter, type Validator } from "@millrace/snn-export";
import { validatorConformance } from "@millrace/snn-export/conformance";

const insideArena: Validator = {
  name: "inside the arena",
  checkEntry: ({ behavior }) => {
    const x = behavior?.x;
    return typeof x === "number" && Math.abs(x) > 1 ? `x is ${x}, the arena ends at 1` : undefined;
  },
};

const entries = [{ timestep: 0, behavior: { x: 0.5 } }, { timestep: 1 }];
const refused = [{ timestep: 2, behavior: { x: 1.5 } }];
for (const { run } of validatorConformance(insideArena, { neurons: 2, entries, refused })) await run();

using exporter = new DataExporter("arena", { outputDirectory: "runs", validators: [insideArena] });
exporter.startEpisode({ neurons: 2 });
for (const entry of [...entries, ...refused]) {
  try {
    exporter.log(entry);
  } catch (error) {
    // Nothing of the entry was stored; the run can go on.
    console.log((error as Error).message);
  }
}
