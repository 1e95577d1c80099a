import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataExporter, FORMAT_VERSION } from "@millrace/snn-export";

const NEURONS = 100;
const BLOCK_STEPS = 10_000;
const SAMPLING = 100;

/** Where a recording of so many steps is; it stays for the next run, since making it takes longer than reading. */
export function longRunPath(steps: number): string {
  return join(tmpdir(), `millrace-bench-long-${FORMAT_VERSION}-${steps}.h5`);
}

/** Where a file of so many episodes is. */
export function manyEpisodesPath(episodes: number): string {
  return join(tmpdir(), `millrace-bench-episodes-${FORMAT_VERSION}-${episodes}.h5`);
}

/** Makes the recording, unless it is there: 5 % of 100 neurons fire, two positions, states and rewards every 100. */
export function makeLongRun(steps: number): void {
  make(longRunPath(steps), (exporter) => {
    let bits = 12_345;
    const draw = (): number => {
      bits = (Math.imul(bits, 1664525) + 1013904223) | 0;
      return (bits >>> 0) / 2 ** 32;
    };
    const spikes = new Uint8Array(NEURONS * BLOCK_STEPS);
    const x = new Float32Array(BLOCK_STEPS);
    const states = new Float32Array((NEURONS * BLOCK_STEPS) / SAMPLING);
    const rewards = new Float64Array(BLOCK_STEPS / SAMPLING);
    exporter.startEpisode({ neurons: NEURONS });
    for (let first = 0; first < steps; first += BLOCK_STEPS) {
      for (let i = 0; i < spikes.length; i++) spikes[i] = draw() < 0.05 ? 1 : 0;
      for (let i = 0; i < x.length; i++) x[i] = draw();
      for (let i = 0; i < states.length; i++) states[i] = -65 + 10 * draw();
      for (let i = 0; i < rewards.length; i++) rewards[i] = draw();
      const timesteps = Float64Array.from(rewards, (_, i) => first + i * SAMPLING);
      exporter.logBlock({
        firstTimestep: first,
        stepCount: BLOCK_STEPS,
        spikes,
        behavior: { x },
        neuralStates: { timesteps, values: states },
        rewards: { timesteps, values: rewards },
      });
    }
    exporter.endEpisode({ success: true });
  });
}

/** Makes a file of many episodes of 20 steps, unless it is there. */
export function makeManyEpisodes(episodes: number): void {
  make(manyEpisodesPath(episodes), (exporter) => {
    for (let id = 0; id < episodes; id++) {
      exporter.startEpisode({ neurons: NEURONS });
      for (let timestep = 0; timestep < 20; timestep++) {
        exporter.log({ timestep, spikeIds: [(id + timestep) % NEURONS], reward: timestep });
      }
      exporter.endEpisode({ success: true });
    }
  });
}

function make(path: string, record: (exporter: DataExporter) => void): void {
  if (existsSync(path)) return;
  const outputDirectory = mkdtempSync(`${path}-`);
  const exporter = new DataExporter("bench", {
    outputDirectory,
    git: false,
    codeSnapshot: "none",
    durability: "os",
  });
  record(exporter);
  exporter.close();
  renameSync(exporter.path, path);
  rmSync(outputDirectory, { recursive: true });
}
