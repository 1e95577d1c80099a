// Reads parts of a recording; only the chunks that hold them are read.
import { DataExporter, ExperimentLoader } from "@millrace/snn-export";

const exporter = new DataExporter("slices", { outputDirectory: "runs" });
exporter.startEpisode({ neurons: 10 });
for (let timestep = 0; timestep < 5000; timestep++) {
  exporter.log({ timestep, spikeIds: [timestep % 10], reward: timestep / 5000 });
}
exporter.endEpisode();
exporter.close();

await using loader = await ExperimentLoader.open(exporter.path);
const episode = loader.episode(0);
const spikes = episode.getSpikesAsEvents(2000, 2003);
console.log(`spikes at ${spikes?.timesteps.join(", ")} of ${spikes?.ids.join(", ")}`);
const rewards = episode.getRewards(4998);
console.log(`the last rewards were ${rewards?.values.join(", ")}`);
