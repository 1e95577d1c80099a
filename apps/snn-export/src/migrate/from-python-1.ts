import { FORMAT_NAME } from "../format.ts";
import {
  attributeOf,
  columnIn,
  damaged,
  groupIn,
  readNumbers,
  type TreeColumn,
  type TreeGroup,
  type TreeNode,
} from "../loader/run-tree.ts";
import { eventTexts } from "./python-events.ts";
import { networkOfPython } from "./python-network.ts";
import { offsetsOf, spikesOfMatrix } from "./python-spikes.ts";
import {
  type AttributeMap,
  asKind,
  type ChildMap,
  changedGroup,
  mappedGroup,
  rowsOf,
  textOf,
  VirtualGroup,
} from "./virtual-tree.ts";

const PIECE_ROWS = 65_536;

/**
 * A file of the Python exporter, schema 1.0.0, as our own version 1.0.0: docs/formats/snn-experiment.md says what is
 * taken for what.
 */
export function fromPython1(root: TreeGroup): TreeGroup {
  const episodes = groupIn(root, "episodes");
  return changedGroup(
    root,
    {
      format: FORMAT_NAME,
      format_version: "1.0.0",
      dt: root.attributes.get("dt") ?? 1,
      time_units: root.attributes.get("time_units") ?? "ms",
    },
    {
      config: () => configOf(groupIn(root, "config")),
      network_structure: () => networkOfPython(groupIn(root, "network_structure")),
      code_snapshot: () => codeOf(groupIn(root, "code_snapshot")),
      episodes:
        episodes === undefined
          ? undefined
          : mappedGroup(episodes, (node, name) =>
              node.kind === "group" ? episodeOf(root, node, name) : node,
            ),
      // Comes from the episodes themselves in the next step.
      episode_summaries: undefined,
    },
  );
}

function configOf(config: TreeGroup | undefined): TreeNode | undefined {
  if (config === undefined) return undefined;
  return new VirtualGroup(
    config,
    {},
    { json: textOf(config, "json", () => JSON.stringify(attributesJson(config))) },
  );
}

/** Attributes as an object: nested ones are JSON texts. */
function attributesJson(group: TreeGroup): Record<string, unknown> {
  const values = group.attributes.names.map((name) => {
    const value = attributeOf(group, name);
    return [name, typeof value === "string" ? parsedOr(value) : value] as const;
  });
  return Object.fromEntries(values);
}

function parsedOr(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    // A text that only begins like JSON.
    return text;
  }
}

/** Texts below names become groups with the path and the text. */
function codeOf(snapshot: TreeGroup | undefined): TreeNode | undefined {
  if (snapshot === undefined) return undefined;
  return mappedGroup(snapshot, (node, name) => {
    if (node.kind !== "text") return node;
    const place = { file: node.file, path: node.path };
    return new VirtualGroup(
      place,
      { path: name },
      { text: textOf(place, "text", () => node.read()[0] ?? "") },
    );
  });
}

function episodeOf(root: TreeGroup, episode: TreeGroup, name: string): TreeGroup {
  const summary = groupIn(groupIn(root, "episode_summaries"), name);
  const fields = fieldsOf(episode);
  const isWhole = attributeOf(episode, "end_time") !== undefined;
  const steps = attributeOf(episode, "total_timesteps");
  const attributes: AttributeMap = {
    // Without an end the program was killed.
    status: isWhole ? "complete" : "recovered",
    n_steps: () => BigInt(steps === undefined ? longest(episode) : Math.round(Number(steps))),
    n_spikes: () => BigInt(columnIn(groupIn(fields.group, "spikes"), "ids")?.rows ?? 0),
  };
  return changedGroup(episode, attributes, {
    ...fields.children,
    summary:
      summary === undefined
        ? undefined
        : textOf(episode, "summary", () => JSON.stringify(attributesJson(summary))),
  });
}

/** Rows of the longest field. */
function longest(episode: TreeGroup): number {
  const rows = episode.names.map((name) => validRows(columnIn(groupIn(episode, name), "timesteps")));
  return Math.max(0, ...rows);
}

function fieldsOf(episode: TreeGroup): { readonly children: ChildMap; readonly group: TreeGroup } {
  const children: ChildMap = {
    neural_states: () => statesOf(groupIn(episode, "neural_states")),
    behavior: () => behaviorOf(groupIn(episode, "behavior"), groupIn(episode, "neural_states")),
    rewards: () => rewardsOf(groupIn(episode, "rewards")),
    spikes: () => spikesOf(groupIn(episode, "spikes")),
    weight_changes: () => weightsOf(groupIn(episode, "weight_changes")),
    events: () => eventsOf(groupIn(episode, "events")),
  };
  return { children, group: new VirtualGroup(episode, {}, children) };
}

/** The first of the variables, the membrane potential where there is one; the others count as behavior. */
function stateNames(states: TreeGroup | undefined): string[] {
  const names = states?.names.filter((name) => columnIn(states, name)?.width !== undefined) ?? [];
  return names.sort((a, b) => Number(b === "membrane_potential") - Number(a === "membrane_potential"));
}

function statesOf(states: TreeGroup | undefined): TreeNode | undefined {
  const [name] = stateNames(states);
  return states === undefined || name === undefined ? undefined : seriesOf(states, name, "mV");
}

function behaviorOf(behavior: TreeGroup | undefined, states: TreeGroup | undefined): TreeNode | undefined {
  const fields: Record<string, () => TreeNode> = Object.create(null);
  for (const name of behavior?.names ?? []) {
    if (name !== "timesteps" && columnIn(behavior, name) !== undefined)
      fields[name] = () => seriesOf(behavior!, name, "1");
  }
  for (const name of stateNames(states).slice(1))
    fields[`neural_states.${name}`] = () => seriesOf(states!, name, "1");
  if (Object.keys(fields).length === 0) return undefined;
  return new VirtualGroup(behavior ?? states!, {}, fields);
}

function rewardsOf(rewards: TreeGroup | undefined): TreeNode | undefined {
  const name = ["rewards", "values"].find((each) => columnIn(rewards, each) !== undefined);
  return rewards === undefined || name === undefined ? undefined : seriesOf(rewards, name, "1");
}

/**
 * One variable with the time steps of its group. A dataset that has fewer rows than there are time steps began late,
 * and was stored from row 0 on: its rows are the last ones.
 */
function seriesOf(group: TreeGroup, name: string, unit: string): TreeGroup {
  const column = columnIn(group, name)!;
  const timesteps = columnIn(group, "timesteps");
  if (timesteps === undefined) throw damaged(group, "it has no timesteps");
  const valid = validRows(timesteps);
  const rows = Math.min(valid, column.rows);
  const values = rowsOf(column, 0, rows, {
    unit: String(attributeOf(column, "units") ?? unit),
    description: name,
  });
  const isLate = column.rows < valid;
  return new VirtualGroup(
    { file: group.file, path: column.path },
    isLate ? { alignment: "assumed: the last rows of its group" } : {},
    {
      timestep: rowsOf(timesteps, valid - rows, rows),
      values:
        values.elements === "int64" || values.elements === "uint64" ? asKind(values, "float64") : values,
    },
  );
}

function spikesOf(spikes: TreeGroup | undefined): TreeNode | undefined {
  if (spikes === undefined) return undefined;
  const attributes: AttributeMap = { encoding: "counts+ids", sorted_by: "timestep", rows_per_offset: 1024n };
  const starts = columnIn(spikes, "timestep_start");
  const [counts, ids] = [columnIn(spikes, "count"), columnIn(spikes, "neuron_ids")];
  if (starts !== undefined && counts !== undefined && ids !== undefined) {
    const rows = validRows(starts);
    const valid = rowsOf(counts, 0, rows, { unit: "spikes", description: "spikes in each row" });
    const offsets = offsetsOf(valid, spikes);
    if (offsets.total > ids.rows)
      throw damaged(ids, `it has ${ids.rows} rows, the counts say ${offsets.total}`);
    const facts = { unit: "neuron", description: "neurons that fired, row after row" };
    return new VirtualGroup(spikes, attributes, {
      timestep: rowsOf(starts, 0, rows),
      counts: asKind(valid, "uint32"),
      ids: asKind(rowsOf(ids, 0, offsets.total, facts), "uint32"),
      offsets: offsets.column,
    });
  }
  const matrix = columnIn(spikes, "spike_matrix");
  const timesteps = columnIn(spikes, "timesteps");
  if (matrix === undefined || timesteps === undefined) return undefined;
  const rows = Math.min(validRows(timesteps), matrix.rows);
  return new VirtualGroup(spikes, attributes, {
    timestep: rowsOf(timesteps, 0, rows),
    ...spikesOfMatrix(matrix, rows, spikes),
  });
}

function weightsOf(weights: TreeGroup | undefined): TreeNode | undefined {
  const timesteps = columnIn(weights, "timesteps");
  if (weights === undefined || timesteps === undefined) return undefined;
  // Several synapses may change at one time step, so that only its own end tells how long it is.
  const names = {
    source: "source_ids",
    target: "target_ids",
    old_weight: "old_weights",
    new_weight: "new_weights",
  };
  const columns = Object.entries(names).map(([name, old]) => [name, columnIn(weights, old)] as const);
  const rows = Math.min(ascendingRows(timesteps, true), ...columns.map(([, column]) => column?.rows ?? 0));
  const children = columns.map(([name, column]) => {
    if (column === undefined) return [name, undefined] as const;
    const unit = name.endsWith("weight") ? "1" : "neuron";
    const part = rowsOf(column, 0, rows, { unit, description: name });
    return [name, asKind(part, unit === "1" ? "float64" : "uint32")] as const;
  });
  return new VirtualGroup(
    weights,
    { encoding: "coo", sorted_by: "timestep" },
    { timestep: rowsOf(timesteps, 0, rows), ...Object.fromEntries(children) },
  );
}

function eventsOf(events: TreeGroup | undefined): TreeNode | undefined {
  const timesteps = columnIn(events, "timesteps");
  if (events === undefined || timesteps === undefined) return undefined;
  const rows = ascendingRows(timesteps, true);
  const { children, count } = eventTexts(events, rows);
  return new VirtualGroup(
    events,
    { encoding: "json+ends", sorted_by: "timestep" },
    { timestep: rowsOf(timesteps, 0, count), ...children },
  );
}

/** Datasets were allocated a chunk at a time: what follows the last time step is zeros. */
function validRows(timesteps: TreeColumn | undefined): number {
  return timesteps === undefined ? 0 : ascendingRows(timesteps, false);
}

function ascendingRows(timesteps: TreeColumn, takesEquals: boolean): number {
  let last = takesEquals ? 0 : -1;
  for (let start = 0; start < timesteps.rows; start += PIECE_ROWS) {
    const piece = readNumbers(timesteps, start, Math.min(start + PIECE_ROWS, timesteps.rows));
    for (let i = 0; i < piece.length; i++) {
      if (takesEquals ? piece[i]! < last : piece[i]! <= last) return start + i;
      last = piece[i]!;
    }
  }
  return timesteps.rows;
}
