import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatCount, formatRate } from "@millrace/cli";
import { rasterSvg } from "@millrace/plot";
import { ExperimentLoader, newLifNetwork, simulate } from "@millrace/snn-export";
import { type Job, timed } from "../job.ts";

const STEPS = 20_000;
const NEURONS = 200;

/** Simulates a network, records it to HDF5, and reads it back. */
export const job: Job = async ({ directory }) => {
  const network = { neurons: NEURONS, seed: 7 };
  const { value: recorded, peakBytes } = await timed(() =>
    simulate({ steps: STEPS, network, exporter: { outputDirectory: directory } }),
  );
  await using loader = await ExperimentLoader.open(recorded.path);
  const { timesteps, counts, ids } = loader.episode(0).getSpikes()!;
  const states = loader.episode(0).getNeuralStates()!;

  // The same network once more, without any recording: spike by spike the same.
  const again = newLifNetwork(network);
  let at = 0;
  let spikesDiffer = 0;
  let statesDiffer = 0;
  const times: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const fired = again.step();
    if (counts[step] !== fired || timesteps[step] !== step) spikesDiffer++;
    for (let neuron = 0; neuron < NEURONS; neuron++) {
      if (again.spikes[neuron] === 0) continue;
      if (ids[at++] !== neuron) spikesDiffer++;
      times.push(step);
    }
    if (step % 100 !== 0) continue;
    const row = (step / 100) * NEURONS;
    for (let i = 0; i < NEURONS; i++) if (states.values[row + i] !== again.potentialsMv[i]) statesDiffer++;
  }
  const picturePath = join(directory, "raster.svg");
  const isShown = times.findIndex((time) => time >= 2000);
  const title = `${NEURONS} neurons, ${recorded.meanRateHz.toFixed(1)} Hz, the first 2 s`;
  writeFileSync(
    picturePath,
    rasterSvg(times.slice(0, isShown), ids.slice(0, isShown), { title, xLabel: "time (ms)" }),
  );
  const { weights } = again;
  return {
    job: "snn",
    input: `a network of ${NEURONS} neurons, ${formatCount(STEPS)} steps`,
    sizeBytes: statSync(recorded.path).size,
    result: `${formatCount(recorded.spikes)} spikes, ${recorded.meanRateHz.toFixed(1)} Hz`,
    seconds: recorded.seconds,
    peakBytes,
    rate: formatRate(STEPS / recorded.seconds, "steps"),
    checks: [
      { what: "every spike is that of a second run", isRight: spikesDiffer === 0 && at === ids.length },
      { what: "so is every sampled potential", isRight: statesDiffer === 0 && states.width === NEURONS },
      {
        what: "the weights come back as the CSR they were",
        isRight: String(loader.network()?.initialWeights.indices) === String(weights.indices),
      },
    ],
    outputs: [recorded.path, picturePath],
  };
};
