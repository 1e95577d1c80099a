// Records whole typed arrays at once: the quickest way, where a simulator hands out many steps together.
import { DataExporter, ExperimentLoader } from "@millrace/snn-export";

const steps = 10_000;
const neurons = 50;
const spikes = Uint8Array.from({ length: steps * neurons }, (_, i) => (i % 61 === 0 ? 1 : 0));
const x = Float32Array.from({ length: steps }, (_, step) => Math.sin(step / 100));

const exporter = new DataExporter("blocks", { outputDirectory: "runs" });
exporter.startEpisode({ neurons });
exporter.logBlock({ firstTimestep: 0, stepCount: steps, spikes, behavior: { x } });
// Spikes that are known by their ids come as CSR: those of step i are ids[indptr[i] .. indptr[i + 1]).
exporter.logBlock({ firstTimestep: steps, stepCount: 2, spikes: { indptr: [0, 2, 3], ids: [4, 7, 4] } });
exporter.endEpisode();
exporter.close();

await using loader = await ExperimentLoader.open(exporter.path);
console.log(`${loader.episodes()[0]?.spikes} spikes in ${loader.episodes()[0]?.steps} steps`);
