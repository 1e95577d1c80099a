import { checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { atomicPath, diskVfs, type Vfs } from "@millrace/files";
import { type Hdf5Group, Hdf5Writer } from "@millrace/hdf5";
import { Progress, type ProgressReport } from "@millrace/stream";
import { ExperimentLoader } from "../loader.ts";
import { copyTree } from "../migrate/copy-tree.ts";
import { resolveExporterOptions } from "../options.ts";
import { Hdf5Sink } from "../sinks/hdf5-sink.ts";
import { ZarrSink } from "../sinks/zarr-sink.ts";
import { ConvertWork } from "./convert-work.ts";
import { type ConvertFormat, formatOf } from "./formats.ts";
import { writeNwb } from "./nwb.ts";
import { type EpisodeSource, RunSource } from "./run-source.ts";
import { writeSonata } from "./sonata.ts";
import { writeTables } from "./tables.ts";

/** How {@link convertExperiment} works. */
export interface ConvertOptions {
  /** What to write. @default what the ending of the output stands for */
  readonly to?: ConvertFormat | undefined;
  /** The one episode to convert; of "zarr" and "hdf5" always all. @default undefined: all */
  readonly episode?: number | undefined;
  /** Bytes of spikes that may be in memory at a time, 1 MiB and more. @default 128 MiB */
  readonly memoryBytes?: number;
  /** Where both are. @default diskVfs */
  readonly vfs?: Vfs;
  readonly signal?: AbortSignal | undefined;
  /** Told now and then: `rows` are spikes. */
  readonly onProgress?: (report: ProgressReport) => void;
}

/** What {@link ConvertOptions} are when they are not given. */
export const DEFAULT_CONVERT_OPTIONS: Required<ConvertOptions> = Object.freeze({
  to: undefined,
  episode: undefined,
  memoryBytes: 128 * 1024 * 1024,
  vfs: diskVfs,
  signal: undefined,
  onProgress: () => {},
});

/** What {@link convertExperiment} did. */
export interface ConvertResult {
  readonly output: string;
  readonly format: ConvertFormat;
  readonly episodes: number;
  readonly spikes: number;
  /** What the format has no place for, in words. */
  readonly leftOut: readonly string[];
}

/**
 * Converts an experiment's file for other programs, in bounded memory. The output, a file or a directory, appears
 * whole or not at all; a file that was there is replaced, a directory is not.
 * @throws InvalidArgumentError for options, or an episode that there is not
 * @throws IoError, CorruptDataError, AbortedError
 * @example
 * await convertExperiment("runs/maze.h5", "maze.nwb", { episode: 0 });
 */
export async function convertExperiment(
  input: string,
  output: string,
  options?: ConvertOptions,
): Promise<ConvertResult> {
  const filled = resolveOptions<Required<ConvertOptions>>("snn", DEFAULT_CONVERT_OPTIONS, options);
  const { vfs, memoryBytes, signal, onProgress } = filled;
  checkInteger("snn", "memoryBytes", memoryBytes, 1 << 20, 2 ** 32);
  const format = formatOf(output, filled.to);
  if (filled.episode !== undefined && (format === "zarr" || format === "hdf5")) {
    const expected = `none for ${format}, which is the whole experiment`;
    throw new InvalidArgumentError("SNN_EPISODE_CHOICE", "episode", filled.episode, expected);
  }
  const cacheBytes = memoryBytes >> 3;
  await using loader = await ExperimentLoader.open(input, { vfs, cacheBytes, limitBytes: memoryBytes >> 1 });
  const run = new RunSource(loader, memoryBytes >> 4);
  const episodes = run.episodes(filled.episode);
  const progress = new Progress({ onReport: onProgress });
  const work = new ConvertWork(progress, signal);
  await atomicPath(vfs, output, (path) => {
    if (format === "parquet" || format === "csv") return writeTables(run, episodes, path, format, vfs, work);
    if (format === "zarr" || format === "hdf5") return writeTree(run, episodes, path, format, vfs, work);
    return withHdf5(vfs, path, (root) =>
      format === "sonata"
        ? writeSonata(run, episodes, root, work)
        : writeNwb(run, episodes, root, work, memoryBytes >> 1),
    );
  });
  progress.finish();
  const { spikes, leftOut } = work;
  return { output, format, episodes: episodes.length, spikes, leftOut };
}

async function withHdf5(vfs: Vfs, path: string, write: (root: Hdf5Group) => Promise<void>): Promise<void> {
  const writer = await Hdf5Writer.create(vfs, path);
  try {
    await write(writer.root);
    await writer.close();
  } catch (error) {
    // It is being thrown away; the error that brought us here is the one to report.
    await writer.close().catch(() => {});
    throw error;
  }
}

/** Copies the whole file, compressed anew. */
async function writeTree(
  run: RunSource,
  episodes: readonly EpisodeSource[],
  path: string,
  format: "zarr" | "hdf5",
  vfs: Vfs,
  work: ConvertWork,
): Promise<void> {
  const filled = resolveExporterOptions({ vfs, compression: format === "zarr" ? "zstd" : "gzip" });
  const sink = format === "zarr" ? new ZarrSink(path, filled) : new Hdf5Sink(path, filled);
  try {
    await copyTree(run.loader.root, sink.root, { onBytes: (bytes) => work.turn(0, bytes) });
    for (const { spikes } of episodes) work.spikes += spikes;
    sink.close();
  } catch (error) {
    sink.discard();
    throw error;
  }
}
