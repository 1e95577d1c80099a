// A transformer: a simulator that counts in volts is recorded in millivolts.
import { DataExporter, ExperimentLoader, type Transformer } from "@millrace/snn-export";
import { transformerConformance } from "@millrace/snn-export/conformance";

const toMillivolts: Transformer = {
  name: "volts to millivolts",
  transformEntry: (entry) => {
    const { neuralState } = entry;
    if (neuralState === undefined) return entry;
    return { ...entry, neuralState: Float64Array.from(neuralState, (volts) => volts * 1000) };
  },
};

// The promises of a transformer, one by one; in a test file: for (const { name, run } of …) it(name, run);
const entries = [{ timestep: 0, neuralState: [-0.065, -0.07] }];
for (const { run } of transformerConformance(toMillivolts, { neurons: 2, entries })) await run();

const exporter = new DataExporter("volts", { outputDirectory: "runs", transformers: [toMillivolts] });
exporter.startEpisode({ neurons: 2 });
for (const entry of entries) exporter.log(entry);
exporter.close();
await using loader = await ExperimentLoader.open(exporter.path);
console.log(`stored ${loader.episode(0).getNeuralStates()?.values.join(", ")} mV`);
