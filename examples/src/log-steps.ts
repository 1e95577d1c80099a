// Records a run step by step.
import { DataExporter } from "@millrace/snn-export";

using exporter = new DataExporter("steps", { outputDirectory: "runs", neuralSamplingRate: 10 });
exporter.saveConfig({ learningRate: 0.01 });
exporter.startEpisode({ neurons: 100 });

const potentials = new Float32Array(100).fill(-65);
const spikes = new Uint8Array(100);
for (let timestep = 0; timestep < 1000; timestep++) {
  spikes.fill(0);
  spikes[timestep % 100] = 1;
  // Fields may be missing, and come at any step; arrays are copied, and may be used again.
  exporter.log({
    timestep,
    spikes,
    neuralState: potentials,
    behavior: { position: [Math.cos(timestep / 50), Math.sin(timestep / 50)] },
    ...(timestep % 100 === 99 ? { reward: 1, event: { type: "lap", data: timestep } } : {}),
  });
}
exporter.endEpisode({ success: true, summary: { laps: 10 } });
console.log(`recorded ${exporter.path}`);
