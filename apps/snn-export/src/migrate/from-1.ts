import { newGrowable, newTypedArray, type TypedArray } from "@millrace/buffers";
import { neuronKind } from "../columns/spike-columns.ts";
import { TIME_RUNS_NAME } from "../columns/time-runs.ts";
import { STATUS_CODES, SUMMARY_COLUMNS, summaryNumbers } from "../episode-summaries.ts";
import { episodeInfo, episodeNames } from "../loader/read-episodes.ts";
import {
  attributeOf,
  columnIn,
  groupIn,
  readNumbers,
  requireColumn,
  type TreeColumn,
  type TreeGroup,
  type TreeNode,
  textIn,
} from "../loader/run-tree.ts";
import { asKind, type ChildMap, changedGroup, columnOf, mappedGroup, VirtualGroup } from "./virtual-tree.ts";

const PIECE_ROWS = 65_536;

/**
 * Version 1.0.0 as 2.0.0: runs in place of a time step a row, small kinds for counts and neurons, the table of
 * episodes, the schema.
 */
export function from1(root: TreeGroup): TreeGroup {
  const neurons = Number(attributeOf(root, "n_neurons") ?? 0);
  const oldEpisodes = groupIn(root, "episodes");
  const episodes =
    oldEpisodes === undefined
      ? undefined
      : mappedGroup(oldEpisodes, (node) => (node.kind === "group" ? episodeFrom1(node, neurons) : node));
  return changedGroup(
    root,
    {
      format_version: "2.0.0",
      schema_version: "2.0.0",
      end_time: () => root.attributes.get("end_time") ?? lastTime(root, episodes),
      schema: () => schemaOf(root, episodes),
      compression_level: root.attributes.get("compression_level") ?? 0n,
    },
    { episodes, episode_summaries: () => summariesOf(root, episodes) },
  );
}

function episodeFrom1(episode: TreeGroup, neurons: number): TreeGroup {
  const fields = mappedGroup(episode, (node, name) => {
    if (node.kind !== "group") return node;
    return name === "behavior"
      ? mappedGroup(node, (field) => (field.kind === "group" ? fieldFrom1(field, neurons) : field))
      : fieldFrom1(node, neurons);
  });
  // Nobody goes on with a file of this version: what still runs was cut off.
  return attributeOf(episode, "status") === "running"
    ? changedGroup(fields, { status: "recovered" }, {})
    : fields;
}

function fieldFrom1(field: TreeGroup, neurons: number): TreeGroup {
  const timesteps = columnIn(field, "timestep");
  if (timesteps === undefined) return field;
  const narrow = (name: string, kind: "uint8" | "uint16" | "uint32"): ChildMap => {
    const column = columnIn(field, name);
    return column === undefined ? {} : { [name]: () => asKind(column, kind) };
  };
  const id = neuronKind(neurons);
  return changedGroup(
    field,
    {},
    {
      timestep: undefined,
      [TIME_RUNS_NAME]: () => runsOf(timesteps, field),
      ...narrow("ids", id),
      ...narrow("counts", neurons <= 255 ? "uint8" : neurons <= 65_535 ? "uint16" : "uint32"),
      ...narrow("source", id),
      ...narrow("target", id),
    },
  );
}

/** The runs that a column of ascending time steps is. */
export function runsOf(timesteps: TreeColumn, group: TreeGroup): TreeColumn {
  const runs = newGrowable("int64");
  let first = 0;
  let step = 0;
  let count = 0;
  const end = (): void => {
    for (const value of [first, count === 1 ? 0 : step, count]) runs.push(value);
  };
  for (let row = 0; row < timesteps.rows; row += PIECE_ROWS) {
    for (const timestep of readNumbers(timesteps, row, Math.min(row + PIECE_ROWS, timesteps.rows))) {
      if (count === 1) step = timestep - first;
      if (count > 0 && timestep === first + step * count) {
        count++;
        continue;
      }
      if (count > 0) end();
      first = timestep;
      count = 1;
    }
  }
  if (count > 0) end();
  return columnOf(`${group.path}/${TIME_RUNS_NAME}`, group.file, runs.view(), {
    width: 3,
    unit: "steps",
    description: "time steps of the rows, as runs (first, step, count)",
  });
}

/** The table of the episodes that have ended, from their own groups. */
function summariesOf(root: TreeGroup, episodes: TreeGroup | undefined): TreeNode {
  const place = { file: root.file, path: "/episode_summaries" };
  const json = newGrowable("uint8");
  const ends: bigint[] = [];
  const rows: number[][] = [];
  for (const { id, name } of episodeNames(episodes)) {
    const group = groupIn(episodes, name);
    const info = group === undefined ? undefined : episodeInfo(id, group);
    if (group === undefined || info === undefined) continue;
    const time = (attribute: string): number => Number(attributeOf(group, attribute) ?? 0);
    const startTime = time("start_time");
    rows.push(summaryNumbers({ ...info, startTime, endTime: time("end_time") || startTime }));
    json.pushMany(new TextEncoder().encode(textIn(group, "summary") ?? ""));
    ends.push(BigInt(json.length));
  }
  const attributes = { encoding: "json+ends", status_codes: JSON.stringify(STATUS_CODES) };
  if (rows.length === 0) return new VirtualGroup(place, attributes, {});
  const column = (name: string, values: TypedArray, unit: string, description: string): ChildMap => ({
    [name]: columnOf(`${place.path}/${name}`, root.file, values, { unit, description }),
  });
  const columns = SUMMARY_COLUMNS.map(({ name, kind, unit, description }, i) => {
    const numbers = rows.map((row) => row[i]!);
    const values = newTypedArray(kind, rows.length);
    if (values instanceof BigInt64Array) values.set(numbers.map(BigInt));
    else values.set(numbers);
    return column(name, values, unit, description);
  });
  return new VirtualGroup(place, attributes, {
    ...Object.assign({}, ...columns),
    ...column(
      "json",
      json.view(),
      "UTF-8",
      "the summaries as JSON, one after another; empty where there is none",
    ),
    ...column("ends", BigInt64Array.from(ends), "bytes", "where in json each text ends"),
  });
}

/** The last time that a file of a killed run knows. */
function lastTime(root: TreeGroup, episodes: TreeGroup | undefined): number {
  const groups = episodeNames(episodes).map(({ name }) => groupIn(episodes, name)!);
  const times = [root, ...groups].flatMap((group) => [
    attributeOf(group, "start_time"),
    attributeOf(group, "end_time"),
  ]);
  return Math.max(0, ...times.map((time) => Number(time ?? 0)));
}

/** What was logged, by all episodes: where two of them differ, the first one counts. */
function schemaOf(root: TreeGroup, episodes: TreeGroup | undefined): string {
  const schema: Record<string, object> = Object.create(null);
  const sampling = Number(attributeOf(root, "neural_sampling_rate") ?? 1);
  const add = (name: string, group: TreeGroup | undefined, column: string, every: number): void => {
    const found = columnIn(group, column);
    if (found === undefined || name in schema) return;
    const shape = found.width === undefined ? [] : [found.width];
    schema[name] = {
      dtype: found.elements,
      shape,
      unit: attributeOf(found, "units") ?? "1",
      sampling: every,
    };
  };
  for (const { name } of episodeNames(episodes)) {
    const episode = groupIn(episodes, name);
    add("neural_states", groupIn(episode, "neural_states"), "values", sampling);
    add("rewards", groupIn(episode, "rewards"), "values", 1);
    const behavior = groupIn(episode, "behavior");
    for (const key of behavior?.names ?? []) add(`behavior/${key}`, groupIn(behavior, key), "values", 1);
    add("weight_changes", groupIn(episode, "weight_changes"), "new_weight", 1);
    const spikes = groupIn(episode, "spikes");
    if (spikes !== undefined && !("spikes" in schema)) {
      const shape = [Number(attributeOf(root, "n_neurons") ?? 0)];
      schema.spikes = { dtype: requireColumn(spikes, "ids").elements, shape, unit: "neuron", sampling: 1 };
    }
    if (groupIn(episode, "events") !== undefined)
      schema.events ??= { dtype: "json", shape: [], unit: "", sampling: 1 };
  }
  return JSON.stringify(schema);
}
