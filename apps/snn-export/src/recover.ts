import { hostname } from "node:os";
import { InvalidArgumentError, MillraceError } from "@millrace/base";
import { newTypedArray } from "@millrace/buffers";
import { diskVfs, type Vfs } from "@millrace/files";
import { type Hdf5Dataset, type Hdf5Group, Hdf5Writer } from "@millrace/hdf5";
import { SUMMARY_COLUMNS, summaryNumbers } from "./episode-summaries.ts";
import { type EpisodeStatus, episodeGroupName, FORMAT_VERSION } from "./format.ts";
import { attributeOf, columnIn, groupIn, type TreeGroup } from "./loader/run-tree.ts";
import { ExperimentLoader } from "./loader.ts";

/** A column of the table of episodes. */
interface NumberColumn {
  readonly name: string;
  readonly kind: "uint8" | "uint32" | "int64" | "float64";
  readonly unit: string;
  readonly description: string;
}

const ENDS: NumberColumn = {
  name: "ends",
  kind: "int64",
  unit: "bytes",
  description: "where in json each text ends",
};

/** How {@link recover} works. */
export interface RecoverOptions {
  /** Where the file is. @default diskVfs */
  readonly vfs?: Vfs;
  /** Also when the process that wrote the file seems to be alive. @default false */
  readonly force?: boolean;
}

/** An episode that was cut off, and what of it is kept. */
export interface RecoveredEpisode {
  readonly id: number;
  readonly steps: number;
  readonly spikes: number;
  /** -1 where nothing was kept. */
  readonly lastTimestep: number;
}

/** What {@link recover} did. */
export interface RecoverResult {
  readonly episodes: readonly RecoveredEpisode[];
  /** False when there was nothing to do: the file is as it was. */
  readonly isChanged: boolean;
}

/**
 * Brings the file of a run that was killed in order: the episode that was running is marked `recovered`, with the
 * steps that are there, and gets its row in the table; `end_time` is when the file was last written.
 *
 * What the last checkpoint holds is kept, what came after it is cut off. The file is changed in place, by one
 * checkpoint: a crash leaves it as it was or recovered. A second call does nothing.
 * @throws MillraceError `SNN_RUN_ALIVE` while the process that writes the file is alive on this machine
 * @throws InvalidArgumentError `SNN_RECOVER_VERSION` for a file of an older version
 * @throws CorruptDataError when the file is damaged beyond that, IoError when it cannot be written
 */
export async function recover(path: string, options: RecoverOptions = {}): Promise<RecoverResult> {
  const { vfs = diskVfs, force = false } = options;
  const found = await inspect(vfs, path);
  if (found.isWhole) return { episodes: [], isChanged: false };
  if (!force) checkDead(path, found);
  const { modifiedMs } = await vfs.stat(path);
  const endTime = modifiedMs / 1000;
  await using writer = await Hdf5Writer.reopen(vfs, path, { checkpointBytes: 0, threads: "caller" });
  for (const episode of found.episodes) {
    markRecovered(writer.root, episode, endTime, found.summaryBytes);
  }
  writer.root.setAttribute("end_time", endTime);
  writer.root.setAttribute("episode_count", BigInt(found.episodeCount));
  await writer.close();
  const episodes = found.episodes.map(({ id, steps, spikes, lastTimestep }) => ({
    id,
    steps,
    spikes,
    lastTimestep,
  }));
  return { episodes, isChanged: true };
}

interface CutEpisode extends RecoveredEpisode {
  readonly startTime: number;
}

interface Inspection {
  readonly isWhole: boolean;
  readonly episodes: readonly CutEpisode[];
  readonly episodeCount: number;
  /** Bytes of all summaries' texts: where the empty one of a recovered episode ends. */
  readonly summaryBytes: number;
  readonly host: string | number | undefined;
  readonly pid: number;
}

async function inspect(vfs: Vfs, path: string): Promise<Inspection> {
  await using loader = await ExperimentLoader.open(path, { vfs });
  const { version, root } = loader;
  if (version.split(".")[0] !== FORMAT_VERSION.split(".")[0]) {
    const expected = `${FORMAT_VERSION}; migrate it, which marks what was cut off`;
    throw new InvalidArgumentError("SNN_RECOVER_VERSION", `version of ${path}`, version, expected);
  }
  const all = loader.episodes();
  const episodes = all
    .filter(({ status }) => status === "running")
    .map(({ id, steps }) => {
      const group = groupIn(groupIn(root, "episodes"), episodeGroupName(id))!;
      const data = loader.episode(id);
      return {
        id,
        steps: Math.max(steps, longest(group)),
        spikes: columnIn(groupIn(group, "spikes"), "ids")?.rows ?? 0,
        lastTimestep: data.timeRange().stop - 1,
        startTime: Number(attributeOf(group, "start_time") ?? 0),
      };
    });
  const runtime = groupIn(root, "runtime");
  return {
    isWhole: episodes.length === 0 && attributeOf(root, "end_time") !== undefined,
    episodes,
    episodeCount: all.length,
    summaryBytes: columnIn(groupIn(root, "episode_summaries"), "json")?.rows ?? 0,
    host: runtime === undefined ? undefined : attributeOf(runtime, "host"),
    pid: Number((runtime === undefined ? undefined : attributeOf(runtime, "pid")) ?? 0),
  };
}

/** Rows of the longest field that has at most one row a step. */
function longest(episode: TreeGroup): number {
  const behavior = groupIn(episode, "behavior");
  const series = [
    ...["neural_states", "rewards"].map((name) => groupIn(episode, name)),
    ...(behavior?.names ?? []).map((name) => groupIn(behavior, name)),
  ];
  const rows = series.map((group) => columnIn(group, "values")?.rows ?? 0);
  return Math.max(0, columnIn(groupIn(episode, "spikes"), "counts")?.rows ?? 0, ...rows);
}

/** @throws MillraceError while the process that began the run is alive: two writers would destroy the file */
function checkDead(path: string, { host, pid }: Inspection): void {
  if (host !== hostname() || pid < 1 || !isAlive(pid)) return;
  const problem = `${path} belongs to process ${pid}, which is alive and may still be writing; end it, or use force when it is another program by now`;
  throw new MillraceError("SNN_RUN_ALIVE", problem);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function markRecovered(root: Hdf5Group, episode: CutEpisode, endTime: number, summaryBytes: number): void {
  const { id, steps, spikes, startTime } = episode;
  const group = root.openGroupSync("episodes").openGroupSync(episodeGroupName(id));
  group.setAttribute("status", "recovered" satisfies EpisodeStatus);
  group.setAttribute("n_steps", BigInt(steps));
  group.setAttribute("n_spikes", BigInt(spikes));
  group.setAttribute("end_time", endTime);
  const row = summaryNumbers({
    id,
    status: "recovered",
    success: undefined,
    steps,
    spikes,
    startTime,
    endTime,
  });
  const table = root.openGroupSync("episode_summaries");
  for (const [i, spec] of SUMMARY_COLUMNS.entries()) appendTo(table, spec, row[i]!);
  appendTo(table, ENDS, summaryBytes);
}

/** Appends a number to a column of the table, which is not there before its first row. */
function appendTo(table: Hdf5Group, { name, kind, unit, description }: NumberColumn, number: number): void {
  const isNew = !table.names.includes(name);
  const column: Hdf5Dataset<NumberColumn["kind"]> = isNew
    ? table.createDataset(name, { kind, chunkRows: 1024 })
    : table.openDatasetSync(name, kind);
  if (isNew) {
    column.setAttribute("units", unit);
    column.setAttribute("description", description);
  }
  if (kind === "int64") column.appendSync(BigInt64Array.of(BigInt(number)));
  else {
    const value = newTypedArray(kind, 1);
    value[0] = number;
    column.appendSync(value);
  }
}
