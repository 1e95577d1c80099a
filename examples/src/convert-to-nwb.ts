// Converts a recording for NWB's tools: pynwb, Neo, MATLAB.
import { convertExperiment, DataExporter } from "@millrace/snn-export";

const exporter = new DataExporter("for-nwb", { outputDirectory: "runs" });
exporter.startEpisode({ neurons: 10 });
for (let timestep = 0; timestep < 1000; timestep++) exporter.log({ timestep, spikeIds: [timestep % 10] });
exporter.endEpisode();
exporter.close();

const result = await convertExperiment(exporter.path, "run.nwb");
console.log(`${result.spikes} spikes are in ${result.output}`);
