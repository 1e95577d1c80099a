/** Records argv[3] steps into the directory argv[2], with analytics where argv[4] says so; prints the peak in KiB. */
import { peakResidentBytes } from "@millrace/metrics";
import { DataExporter } from "@millrace/snn-export";

const [directory, steps, analytics] = process.argv.slice(2);
const exporter = new DataExporter("memory", {
  outputDirectory: directory!,
  git: false,
  durability: "os",
  ...(analytics === undefined ? {} : { analytics: {} }),
});
exporter.startEpisode({ neurons: 100 });
const spikeIds = new Uint16Array(5);
const neuralState = new Float32Array(100);
let bits = 1;
for (let timestep = 0; timestep < Number(steps); timestep++) {
  for (let i = 0; i < spikeIds.length; i++) {
    bits = (Math.imul(bits, 1664525) + 1013904223) | 0;
    spikeIds[i] = 20 * i + ((bits >>> 16) % 20);
  }
  neuralState[timestep % 100] = bits;
  const weightChange = {
    source: (bits >>> 8) & 31,
    target: (bits >>> 16) & 31,
    oldWeight: 0,
    newWeight: bits,
  };
  exporter.log({
    timestep,
    spikeIds,
    neuralState,
    behavior: { x: bits },
    reward: 0,
    ...(timestep % 10 === 0 ? { weightChange } : {}),
  });
}
exporter.endEpisode();
exporter.close();
process.stdout.write(String(peakResidentBytes() / 1024));
