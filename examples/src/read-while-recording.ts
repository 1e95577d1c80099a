// Follows a file that is still being written: what a checkpoint has made part of it can be read, here or elsewhere.
import { DataExporter, ExperimentLoader } from "@millrace/snn-export";

// liveReading makes a checkpoint every second by itself; this program makes its own.
using exporter = new DataExporter("live", { outputDirectory: "runs", liveReading: true });
exporter.startEpisode({ neurons: 4 });
for (let timestep = 0; timestep < 3000; timestep++) {
  exporter.log({ timestep, spikeIds: [timestep % 4] });
  if (timestep % 1000 !== 999) continue;
  exporter.checkpoint();
  await using loader = await ExperimentLoader.open(exporter.path);
  const { status, steps } = loader.episodes()[0]!;
  console.log(`${status}: ${steps} steps can be read`);
}
