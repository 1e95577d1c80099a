import { diskVfs, type Vfs } from "@millrace/files";
import { Progress, type ProgressReport, throwIfAborted } from "@millrace/stream";
import { FORMAT_VERSION } from "./format.ts";
import { episodeNames } from "./loader/read-episodes.ts";
import { attributeOf, groupIn, type TreeGroup } from "./loader/run-tree.ts";
import { ExperimentLoader } from "./loader.ts";
import type { ColumnCodec } from "./plugins/codec.ts";
import type { SchemaField } from "./schema.ts";
import { checkEpisode } from "./validate/check-episode.ts";
import { checkTexts } from "./validate/check-fields.ts";
import { attempt, type Checking, type Finding, pieces } from "./validate/findings.ts";

/** How {@link validate} works. */
export interface ValidateOptions {
  /** Where the file is. @default diskVfs */
  readonly vfs?: Vfs;
  /** As the loader's. @default [] */
  readonly codecs?: readonly ColumnCodec[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: ProgressReport) => void;
}

/** What {@link validate} found. */
export interface ValidationReport {
  /** The version of the file. */
  readonly version: string;
  readonly episodes: number;
  /** In the order of the checks; none when the file is sound. */
  readonly findings: readonly Finding[];
}

const ROOT_ATTRIBUTES = ["experiment_name", "timestamp", "start_time", "dt", "time_units", "schema"];
/** All is read in order, so that more would not be read again. */
const CACHE_BYTES = 4 * 1024 * 1024;
/** Bytes between two looks at the signal. */
const TURN_BYTES = 4 * 1024 * 1024;

/**
 * Checks a file against the format's document: structure and schema, lengths, time steps, the offset index, neurons,
 * the weights' CSR, texts, the table of episodes; and reads all of its data, so that checksums are checked.
 *
 * A file of an older version is checked as what `migrate` would make of it. Memory does not grow with the file.
 * @throws IoError, CorruptDataError when the file cannot be opened at all; AbortedError
 */
export async function validate(path: string, options: ValidateOptions = {}): Promise<ValidationReport> {
  const { vfs = diskVfs, codecs = [], signal, onProgress } = options;
  await using loader = await ExperimentLoader.open(path, { vfs, codecs, cacheBytes: CACHE_BYTES });
  const progress = new Progress(onProgress === undefined ? {} : { onReport: onProgress });
  const findings: Finding[] = [];
  let bytesToTurn = TURN_BYTES;
  const checking: Checking = {
    find: (where, problem) => findings.push({ path: where, problem }),
    onBytes: async (bytes) => {
      progress.add(0, bytes);
      bytesToTurn -= bytes;
      if (bytesToTurn > 0) return;
      bytesToTurn = TURN_BYTES;
      // Lets signals in: without a turn of the event loop Ctrl-C would wait for the end.
      await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(signal, "validate");
    },
  };
  const { root, version } = loader;
  const episodes = groupIn(root, "episodes");
  const names = episodeNames(episodes);
  await checkRoot(checking, root, names.length);
  await attempt(checking, "/network_structure", () => checkNetwork(checking, loader));
  let schema: Readonly<Record<string, SchemaField>> = {};
  await attempt(checking, "/", () => {
    schema = loader.schema();
  });
  const rules = { neurons: Number(attributeOf(root, "n_neurons") ?? 0), schema };
  for (const { name } of names) {
    const path = `/episodes/${name}`;
    await attempt(checking, path, async () => {
      const episode = groupIn(episodes, name);
      if (episode === undefined) checking.find(path, "it is no group");
      else await checkEpisode(checking, episode, rules);
    });
  }
  await attempt(checking, "/episode_summaries", () => checkSummaries(checking, loader));
  // What an older version lacks, `migrate` adds.
  await attempt(checking, "/", () => readAll(checking, root, version === FORMAT_VERSION));
  return { version, episodes: names.length, findings };
}

async function checkRoot(checking: Checking, root: TreeGroup, episodes: number): Promise<void> {
  for (const name of ROOT_ATTRIBUTES) {
    if (attributeOf(root, name) === undefined) checking.find("/", `the attribute ${name} is missing`);
  }
  const said = attributeOf(root, "episode_count");
  if (said !== episodes)
    checking.find("/", `episode_count is ${said ?? "missing"}, there are ${episodes} episodes`);
  if (attributeOf(root, "end_time") === undefined)
    checking.find("/", "the file was not closed: it is being recorded now, or was cut off; see `recover`");
}

async function checkNetwork(checking: Checking, loader: ExperimentLoader): Promise<void> {
  const network = loader.network();
  if (network === undefined) return;
  const { source, target } = network.connections;
  const { root } = loader;
  const neurons = Number(attributeOf(root, "n_neurons") ?? 0);
  const path = "/network_structure/connections";
  if (source.length !== target.length)
    checking.find(path, `${source.length} sources, ${target.length} targets`);
  for (const [name, ids] of Object.entries({ source, target })) {
    const wrong = ids.findIndex((id) => id >= neurons);
    if (wrong >= 0)
      checking.find(`${path}/${name}`, `row ${wrong} has neuron ${ids[wrong]}, none of ${neurons}`);
  }
  const [rows, columns] = network.initialWeights.shape;
  const hasWeights = groupIn(groupIn(root, "network_structure"), "initial_weights") !== undefined;
  if (hasWeights && (rows !== neurons || columns !== neurons))
    checking.find("/network_structure/initial_weights", `${rows} × ${columns}, there are ${neurons} neurons`);
  for (const [name, column] of Object.entries(network.neurons)) {
    if (column.length !== neurons)
      checking.find(
        `/network_structure/neurons/${name}`,
        `${column.length} values, there are ${neurons} neurons`,
      );
  }
}

/** The table must say of each episode that has ended what the episode says itself. */
async function checkSummaries(checking: Checking, loader: ExperimentLoader): Promise<void> {
  const group = groupIn(loader.root, "episode_summaries");
  if (group === undefined) return checking.find("/episode_summaries", "it is missing");
  const texts = await checkTexts(checking, group);
  const rows = loader.summaries();
  if (texts !== rows.length) checking.find(group.path, `${texts} texts for ${rows.length} episodes`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const episodes = groupIn(loader.root, "episodes");
  for (const { id, name } of episodeNames(episodes)) {
    const episode = groupIn(episodes, name);
    const row = byId.get(id);
    if (episode === undefined || attributeOf(episode, "status") === "running") continue;
    const said = row === undefined ? "nothing" : `${row.status}, ${row.steps} steps, ${row.spikes} spikes`;
    const found = `${attributeOf(episode, "status")}, ${attributeOf(episode, "n_steps")} steps, ${attributeOf(episode, "n_spikes")} spikes`;
    if (said !== found) checking.find(episode.path, `${found}; the table of episodes says ${said}`);
    await checking.onBytes(0);
  }
}

/** Reads every column, which checks what filters and checksums tell. */
async function readAll(checking: Checking, group: TreeGroup, isToday: boolean): Promise<void> {
  for (const name of group.names) {
    const path = group.path === "/" ? `/${name}` : `${group.path}/${name}`;
    await attempt(checking, path, async () => {
      const node = group.get(name);
      if (node?.kind === "group") await readAll(checking, node, isToday);
      else if (node?.kind === "text") node.read();
      else if (node?.kind === "column") {
        for await (const [start, stop] of pieces(checking, node)) node.read(start, stop);
        for (const attribute of ["units", "description"]) {
          if (isToday && attributeOf(node, attribute) === undefined)
            checking.find(path, `the attribute ${attribute} is missing`);
        }
      } else checking.find(path, "it is of a kind that no experiment has");
    });
  }
}
