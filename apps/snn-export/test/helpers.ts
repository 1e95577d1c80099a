import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SeededRandom } from "@millrace/base";
import { diskVfs, readFullSync, type Vfs } from "@millrace/files";
import { type DataExporter, type LogEntry, quickLoad } from "../src/index.ts";

/** Debian's Python, and whether it has h5py. */
export const PYTHON = "/usr/bin/python3";
export const hasH5py: boolean = spawnSync(PYTHON, ["-c", "import h5py"]).status === 0;

/** Neurons of the recordings below. */
export const NEURONS = 9;

/** Step `timestep` of a recording that anyone can make again: every value says where it belongs. */
export function entryOf(timestep: number): LogEntry {
  const spikes = Uint8Array.from({ length: NEURONS }, (_, i) =>
    Math.imul(timestep + 3, i + 7) % 5 === 0 ? 1 : 0,
  );
  return {
    timestep,
    spikes,
    ...(timestep % 2 === 0 ? { neuralState: new Float32Array(NEURONS).fill(timestep) } : {}),
    behavior: { x: timestep / 3, pose: [timestep, -timestep] },
    ...(timestep % 3 === 0 ? { reward: timestep % 2 } : {}),
    ...(timestep % 5 === 0
      ? { weightChange: { source: 1, target: 2, oldWeight: 0, newWeight: timestep } }
      : {}),
    ...(timestep % 7 === 0 ? { event: { type: "seven", data: timestep } } : {}),
  };
}

/** How many steps a file must hold at least: `[episode][...]`, as of the last checkpoint that returned. */
export interface Promised {
  steps: number[];
  acknowledged: number[] | undefined;
}

/** Records `episodes` short episodes with checkpoints here and there, and notes what was promised. */
export function record(
  exporter: DataExporter,
  episodes: number,
  random: SeededRandom,
  promised: Promised,
): void {
  promised.acknowledged = [];
  for (let id = 0; id < episodes; id++) {
    exporter.startEpisode({ neurons: NEURONS });
    promised.steps.push(0);
    const steps = random.nextInt(1, 40);
    for (let timestep = 0; timestep < steps; timestep++) {
      exporter.log(entryOf(timestep));
      promised.steps[id]!++;
      if (random.next() < 0.1) {
        exporter.checkpoint();
        promised.acknowledged = [...promised.steps];
      }
    }
    exporter.endEpisode({ success: true });
  }
  exporter.close();
  promised.acknowledged = [...promised.steps];
}

/**
 * Reads a file and throws unless each episode holds a whole beginning of its steps, all fields at the same step.
 * @returns steps of each episode
 */
export async function checkSteps(path: string): Promise<number[]> {
  const { episodes } = await quickLoad(path);
  return episodes.map(({ info, contents }) => {
    const { steps } = info;
    const all = Array.from({ length: steps }, (_, timestep) => entryOf(timestep));
    const stepsOf = (field: keyof LogEntry): number[] =>
      all.filter((entry) => entry[field] !== undefined).map(({ timestep }) => timestep);
    same(contents.spikes?.timesteps, stepsOf("spikes"));
    same(
      contents.spikes?.ids,
      all.flatMap(({ spikes }) => [...spikes!].flatMap((flag, i) => (flag ? [i] : []))),
    );
    same(contents.rewards?.timesteps, stepsOf("reward"));
    same(
      contents.rewards?.values,
      all.flatMap(({ reward }) => reward ?? []),
    );
    same(contents.neuralStates?.timesteps, stepsOf("neuralState"));
    same(
      contents.neuralStates?.values,
      all.flatMap(({ neuralState }) => [...(neuralState ?? [])]),
    );
    same(
      contents.behavior.x?.values,
      all.map(({ timestep }) => timestep / 3),
    );
    same(
      contents.behavior.pose?.values,
      all.flatMap(({ timestep }) => [timestep, -timestep]),
    );
    same(contents.weightChanges?.newWeights, stepsOf("weightChange"));
    same(
      contents.events.map(({ data }) => data as number),
      stepsOf("event"),
    );
    return steps;
  });
}

/** Copies a file out of a file system that libhdf5 cannot read. */
export function copyToDisk(vfs: Vfs, path: string, directory: string): string {
  const file = vfs.openSync(path, "r");
  const bytes = new Uint8Array(file.sizeSync());
  readFullSync(file, bytes, 0);
  file.closeSync();
  const copy = join(directory, "copy.h5");
  if (diskVfs.existsSync(copy)) diskVfs.removeSync(copy);
  writeFileSync(copy, bytes);
  return copy;
}

/** Quicker than an assertion a value; says where the first difference is. */
function same(found: ArrayLike<number> | undefined, expected: readonly number[]): void {
  const length = found?.length ?? 0;
  if (length !== expected.length) throw new Error(`${length} values, expected ${expected.length}`);
  for (let i = 0; i < length; i++) {
    if (found![i] !== expected[i]) throw new Error(`value ${i} is ${found![i]}, expected ${expected[i]}`);
  }
}
