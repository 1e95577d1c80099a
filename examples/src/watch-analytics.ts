// Rates, intervals between spikes and the synapses that change most, while the run goes on.
import { DataExporter } from "@millrace/snn-export";

using exporter = new DataExporter("analytics", {
  outputDirectory: "runs",
  analytics: { rasterSteps: 100, onAnalytics: ({ spikes }) => console.log(`${spikes} spikes so far`) },
});
exporter.startEpisode({ neurons: 3 });
for (let timestep = 0; timestep < 3000; timestep++) {
  const spikeIds = [0, 1, 2].filter((id) => timestep % (10 * (id + 1)) === 0);
  const weightChange = { source: 0, target: 1, oldWeight: timestep, newWeight: timestep + 0.5 };
  exporter.log({
    timestep,
    spikeIds,
    reward: timestep % 2,
    ...(timestep % 500 === 0 ? { weightChange } : {}),
  });
}
const snapshot = exporter.analytics.snapshot()!;
console.log(`rates ${snapshot.ratesHz.join(", ")} Hz, intervals ${snapshot.isiMeanMs.join(", ")} ms`);
console.log(`mean reward ${snapshot.fields.rewards?.mean}`);
console.log(`most changed: ${JSON.stringify(snapshot.topSynapses[0])}`);
exporter.endEpisode(); // stores all this with the episode
