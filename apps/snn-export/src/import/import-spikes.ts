import { checkInteger, IoError, resolveOptions } from "@millrace/base";
import { atomicPath, baseName, diskVfs, inspectInputFile, type Vfs } from "@millrace/files";
import { Hdf5Reader } from "@millrace/hdf5";
import { Progress, type ProgressReport, throwIfAborted } from "@millrace/stream";
import { DataExporter } from "../exporter.ts";
import type { ImportNote } from "./import-note.ts";
import { NeuronNumbers } from "./neuron-numbers.ts";
import { sortedSpikes } from "./sorted-spikes.ts";
import { openSpikeFile, type SpikeFile } from "./spike-file.ts";
import { EXACT_TIMES, SpikeTwice, StepRows, type StepRule } from "./step-rows.ts";
import { type Survey, survey } from "./survey.ts";

/** How {@link importSpikes} works. */
export interface ImportOptions {
  /** Bytes that sorting may take where a file is not sorted by time, 1 MiB and more. @default 1 GiB */
  readonly memoryBytes?: number;
  /** Where both files are. @default diskVfs */
  readonly vfs?: Vfs;
  readonly signal?: AbortSignal | undefined;
  /** Told now and then: `rows` are spikes. */
  readonly onProgress?: (report: ProgressReport) => void;
}

/** What {@link ImportOptions} are when they are not given. */
export const DEFAULT_IMPORT_OPTIONS: Required<ImportOptions> = Object.freeze({
  memoryBytes: 1024 * 1024 * 1024,
  vfs: diskVfs,
  signal: undefined,
  onProgress: () => {},
});

/** What {@link importSpikes} did. */
export interface ImportResult {
  readonly output: string;
  readonly format: "sonata" | "nwb";
  /** One episode each. */
  readonly populations: readonly { readonly name: string; readonly spikes: number }[];
  readonly neurons: number;
  readonly spikes: number;
  /** Length of a time step. */
  readonly stepMs: number;
  /** Whether times are no whole steps, so that each step has its time beside it. */
  readonly keepsTimes: boolean;
}

/** Steps a millisecond where times are kept beside their steps: microseconds. */
const KEPT_STEPS_PER_MS = 1000;

/**
 * Makes an experiment of a file of spikes of SONATA or NWB: an episode for each population.
 *
 * No time is rounded. Steps are as long as lets all times be whole steps; where there is no such length, or a neuron
 * fires twice at one time, steps are microseconds and each has its exact time as behavior `spike_time`.
 * @throws CorruptDataError when the file has no spikes, or none that make sense
 * @throws CapacityError when spikes that are not sorted by time are too many to be sorted
 * @throws IoError, AbortedError; nothing is left of the output then
 * @example
 * await importSpikes("spikes.h5", "run.h5");
 */
export async function importSpikes(
  input: string,
  output: string,
  options?: ImportOptions,
): Promise<ImportResult> {
  const filled = resolveOptions<Required<ImportOptions>>("snn", DEFAULT_IMPORT_OPTIONS, options);
  const { vfs, memoryBytes, onProgress } = filled;
  checkInteger("snn", "memoryBytes", memoryBytes, 1 << 20, 2 ** 40);
  await inspectInputFile(vfs, input);
  await using reader = await Hdf5Reader.open(vfs, input);
  const file = openSpikeFile(reader);
  const found = survey(file, input);
  const progress = new Progress({ onReport: onProgress });
  const result = await atomicPath(vfs, output, async (temporary) => {
    if (found.stepsPerMs !== undefined) {
      try {
        return await record(input, temporary, file, found, found.stepsPerMs, filled, progress);
      } catch (error) {
        if (!(error instanceof SpikeTwice)) throw error;
      }
    }
    return record(input, temporary, file, found, undefined, filled, progress);
  });
  progress.finish();
  return { output, ...result };
}

async function record(
  input: string,
  path: string,
  file: SpikeFile,
  found: Survey,
  stepsPerMs: number | undefined,
  { vfs, memoryBytes, signal }: Required<ImportOptions>,
  progress: Progress,
): Promise<Omit<ImportResult, "output">> {
  const { format, populations } = file;
  const unit = populations[0]!.unit;
  const keepsTimes = stepsPerMs === undefined;
  const stepMs = 1 / (stepsPerMs ?? KEPT_STEPS_PER_MS);
  const numbers = new NeuronNumbers(file, found.highestId);
  // The recorder names its file by itself: a directory of its own, from which it moves.
  const directory = `${path}.d`;
  const description = "time of the spikes at this step, as it was imported";
  try {
    const exporter = new DataExporter(experimentName(input), {
      vfs,
      outputDirectory: directory,
      timeStepMs: stepMs,
      codeSnapshot: "none",
      git: false,
      fields: { behavior: { [EXACT_TIMES]: { dtype: "float64", unit, description } } },
    });
    try {
      const note: ImportNote = {
        format,
        file: baseName(input),
        unit,
        exactTimes: keepsTimes ? EXACT_TIMES : null,
      };
      exporter.saveMetadata({ import: note });
      numbers.save(exporter);
      for (const [i, population] of populations.entries()) {
        exporter.startEpisode({ neurons: numbers.count });
        const perUnit = population.unit === "s" ? 1000 : 1;
        const rule: StepRule = {
          stepsPerUnit: (stepsPerMs ?? KEPT_STEPS_PER_MS) * perUnit,
          origin: keepsTimes ? found.firstMs / perUnit : 0,
          keepsTimes,
        };
        const steps = new StepRows(rule, (block) => exporter.logBlock(block));
        for (const { times, ids } of sortedSpikes(population, found.isSorted[i]!, memoryBytes)) {
          for (let k = 0; k < times.length; k++) steps.push(times[k]!, numbers.of(ids[k]!));
          progress.add(times.length, times.length * 16);
          // Lets signals in: without a turn of the event loop Ctrl-C would wait for the end.
          await new Promise((resolve) => setImmediate(resolve));
          throwIfAborted(signal, "import");
        }
        steps.finish();
        exporter.endEpisode({ summary: { population: population.name, spikes: population.spikes } });
      }
      exporter.close();
    } catch (error) {
      exporter.abandon();
      throw error;
    }
    await vfs.rename(exporter.path, path);
  } catch (error) {
    throw inDirectory(error, directory, path);
  } finally {
    if (await vfs.exists(directory)) await vfs.remove(directory, { recursive: true });
  }
  return {
    format,
    populations: populations.map(({ name, spikes }) => ({ name, spikes })),
    neurons: numbers.count,
    spikes: populations.reduce((sum, { spikes }) => sum + spikes, 0),
    stepMs,
    keepsTimes,
  };
}

/** An error of the recorder's file as one of the file that it becomes. */
function inDirectory(error: unknown, directory: string, path: string): unknown {
  if (!(error instanceof IoError) || !error.path.startsWith(directory)) return error;
  const problem = error.message.slice(error.path.length + 2);
  return new IoError(error.code, path, error.syscall, problem, { cause: error });
}

/** The name of the file without its ending, of what names can hold. */
function experimentName(path: string): string {
  const name = baseName(path).replace(/\.[^.]*$/, "");
  return name
    .replaceAll(/[^\w.-]/g, "_")
    .slice(0, 100)
    .replace(/^\.*$/, "imported");
}
