import {
  attributeOf,
  groupIn,
  parseJson,
  requireColumn,
  type TreeGroup,
  type TreeNode,
} from "../loader/run-tree.ts";
import type { SchemaField } from "../schema.ts";
import { checkRuns, checkSpikes, checkTexts, checkWeightChanges } from "./check-fields.ts";
import { attempt, type Checking } from "./findings.ts";

const STATUSES: readonly unknown[] = ["running", "complete", "aborted", "recovered"];

/** What the fields of an episode must be. */
export interface FieldRules {
  readonly neurons: number;
  readonly schema: Readonly<Record<string, SchemaField>>;
}

/** Checks one episode, field by field. */
export async function checkEpisode(checking: Checking, episode: TreeGroup, rules: FieldRules): Promise<void> {
  const status = attributeOf(episode, "status");
  const steps = Number(attributeOf(episode, "n_steps") ?? Number.NaN);
  if (!STATUSES.includes(status)) checking.find(episode.path, `its status is ${status ?? "missing"}`);
  if (status === "running")
    checking.find(episode.path, "it is still running: being recorded now, or cut off; see `recover`");
  if (!(Number.isInteger(steps) && steps >= 0)) checking.find(episode.path, `n_steps is ${steps}`);
  for (const name of episode.names) {
    const path = `${episode.path}/${name}`;
    await attempt(checking, path, () => checkChild(checking, name, episode.get(name), rules, steps, episode));
  }
}

async function checkChild(
  checking: Checking,
  name: string,
  node: TreeNode | undefined,
  rules: FieldRules,
  steps: number,
  episode: TreeGroup,
): Promise<void> {
  if (node?.kind === "text") {
    parseJson(node, node.read()[0] ?? "");
    return;
  }
  if (node?.kind !== "group") return;
  if (name === "behavior") {
    for (const key of node.names) {
      const field = groupIn(node, key);
      if (field === undefined) checking.find(`${node.path}/${key}`, "it is no group");
      else
        await attempt(checking, field.path, () =>
          checkSeries(checking, field, rules.schema[`behavior/${key}`], steps),
        );
    }
  } else if (name === "neural_states" || name === "rewards") {
    await checkSeries(checking, node, rules.schema[name], steps);
  } else if (name === "spikes") {
    requireSchema(checking, node, rules.schema.spikes);
    const rows = requireColumn(node, "counts").rows;
    if (rows > steps) checking.find(node.path, `${rows} rows, the episode has ${steps} steps`);
    await checkRuns(checking, node, rows, false);
    const spikes = await checkSpikes(checking, node, rules.neurons);
    const said = attributeOf(episode, "n_spikes");
    if (said !== spikes) checking.find(episode.path, `n_spikes is ${said ?? "missing"}, there are ${spikes}`);
  } else if (name === "weight_changes") {
    await checkRuns(checking, node, await checkWeightChanges(checking, node, rules.neurons), true);
  } else if (name === "events") {
    await checkRuns(checking, node, await checkTexts(checking, node), true);
  }
}

async function checkSeries(
  checking: Checking,
  group: TreeGroup,
  field: SchemaField | undefined,
  steps: number,
): Promise<void> {
  const values = requireColumn(group, "values");
  const width = values.width;
  requireSchema(checking, group, field);
  if (field !== undefined && values.rows > 0) {
    const shape = width === undefined ? [] : [width];
    if (field.dtype !== values.elements || String(field.shape) !== String(shape)) {
      const found = `${values.elements} of shape [${shape}]`;
      checking.find(values.path, `${found}, the schema says ${field.dtype} of shape [${field.shape}]`);
    }
  }
  if (values.rows > steps) checking.find(values.path, `${values.rows} rows, the episode has ${steps} steps`);
  await checkRuns(checking, group, values.rows, false);
}

function requireSchema(checking: Checking, group: TreeGroup, field: SchemaField | undefined): void {
  if (field === undefined) checking.find(group.path, "the schema does not have this field");
}
