import { newTypedArray, type TypedArray } from "@millrace/buffers";
import { MemoryVfs } from "@millrace/files";
import { beforeAll, describe, expect, it } from "vitest";
import { DataExporter, ExperimentLoader, type TreeGroup, type TreeNode, validate } from "../src/index.ts";
import type { TreeColumn } from "../src/loader/run-tree.ts";
import { copyTree } from "../src/migrate/copy-tree.ts";
import { type AttributeMap, changedGroup, columnOf, rowsOf } from "../src/migrate/virtual-tree.ts";
import { resolveExporterOptions } from "../src/options.ts";
import { Hdf5Sink } from "../src/sinks/hdf5-sink.ts";
import { entryOf, NEURONS } from "./helpers.ts";

const vfs = new MemoryVfs();
let good = "";
beforeAll(() => {
  const exporter = new DataExporter("good", {
    vfs,
    outputDirectory: "runs",
    git: false,
    neuralSamplingRate: 2,
  });
  exporter.saveNetworkStructure(
    { threshold: new Float64Array(NEURONS) },
    { source: Uint32Array.of(1, 3), target: Uint32Array.of(2, 4) },
    {
      indptr: Uint32Array.from({ length: NEURONS + 1 }, (_, row) => (row > 3 ? 2 : row > 1 ? 1 : 0)),
      indices: Uint32Array.of(2, 4),
      data: Float64Array.of(0.25, 0.5),
      shape: [NEURONS, NEURONS],
    },
  );
  exporter.startEpisode();
  for (let timestep = 0; timestep < 3000; timestep++) exporter.log(entryOf(timestep));
  exporter.endEpisode({ success: true, summary: { fine: true } });
  exporter.close();
  good = exporter.path;
});

type Change = (node: TreeNode) => TreeNode | undefined;

/** The tree with what is at a path changed. */
function changedAt(group: TreeGroup, path: readonly string[], change: Change): TreeGroup {
  const [name, ...rest] = path;
  if (name === undefined) return change(group) as TreeGroup;
  const child = group.get(name)!;
  const changed = rest.length === 0 ? change(child) : changedAt(child as TreeGroup, rest, change);
  return changedGroup(group, {}, { [name]: changed });
}

let copies = 0;

/** What is found in a copy of the good file in which one thing is changed. */
async function findingsOf(path: string, change: Change): Promise<string[]> {
  await using loader = await ExperimentLoader.open(good, { vfs });
  const copy = `copy-${copies++}.h5`;
  const sink = new Hdf5Sink(copy, resolveExporterOptions({ vfs }));
  const tree = changedAt(
    loader.root,
    path.split("/").filter((name) => name !== ""),
    change,
  );
  await copyTree(tree, sink.root);
  sink.close();
  const { findings } = await validate(copy, { vfs });
  return findings.map(({ path: where, problem }) => `${where}: ${problem}`);
}

const attributes =
  (map: AttributeMap): Change =>
  (node) =>
    changedGroup(node as TreeGroup, map, {});

/** A column with one number changed. */
const number =
  (index: number, value: number): Change =>
  (node) => {
    const column = node as TreeColumn;
    const values = column.read(0, column.rows);
    const copy: TypedArray = newTypedArray(column.elements, values.length);
    (copy as { set(source: TypedArray): void }).set(values);
    if (copy instanceof BigInt64Array || copy instanceof BigUint64Array) copy[index] = BigInt(value);
    else copy[index] = value;
    const { width } = column;
    return columnOf(column.path, column.file, copy, {
      unit: "1",
      description: "changed",
      ...(width === undefined ? {} : { width }),
    });
  };

const shorter: Change = (node) => rowsOf(node as TreeColumn, 0, (node as TreeColumn).rows - 1);
const gone: Change = () => undefined;
const EPISODE = "/episodes/episode_0000";

describe("validate", () => {
  it("finds nothing in a sound file, nor in a copy of it", async () => {
    expect(await validate(good, { vfs })).toMatchObject({ episodes: 1, findings: [] });
    expect(await findingsOf("/", (node) => node)).toEqual([]);
  });

  it.each<[what: string, path: string, change: Change, finding: RegExp]>([
    ["a missing attribute", "/", attributes({ dt: undefined }), /^\/: the attribute dt is missing/],
    ["a file that was not closed", "/", attributes({ end_time: undefined }), /^\/: the file was not closed/],
    [
      "another number of episodes",
      "/",
      attributes({ episode_count: 2n }),
      /^\/: episode_count is 2, there are 1/,
    ],
    ["a schema that is no JSON", "/", attributes({ schema: "{" }), /a text is no JSON/],
    [
      "a schema without a field",
      "/",
      attributes({ schema: "{}" }),
      /rewards: the schema does not have this field/,
    ],
    [
      "a schema that says something else",
      "/",
      attributes({ schema: '{"rewards":{"dtype":"float32","shape":[]}}' }),
      /rewards\/values: float64 of shape \[\], the schema says float32 of shape \[\]/,
    ],
    [
      "weights that are no CSR",
      "/network_structure/initial_weights/indptr",
      number(3, 7),
      /^\/network_structure.*damaged/,
    ],
    [
      "weights of other neurons",
      "/network_structure/initial_weights/indices",
      number(0, 99),
      /^\/network_structure/,
    ],
    [
      "a connection to nobody",
      "/network_structure/connections/target",
      number(1, 99),
      /target: row 1 has neuron 99, none of 9/,
    ],
    ["connections of two lengths", "/network_structure/connections/target", shorter, /2 sources, 1 targets/],
    [
      "neurons of another number",
      "/network_structure/neurons/threshold",
      shorter,
      /threshold: 8 values, there are 9 neurons/,
    ],
    ["an unknown status", EPISODE, attributes({ status: "fine" }), /episode_0000: its status is fine/],
    ["an episode that runs", EPISODE, attributes({ status: "running" }), /episode_0000: it is still running/],
    ["no number of steps", EPISODE, attributes({ n_steps: -1n }), /n_steps is -1/],
    [
      "fewer steps than rows",
      EPISODE,
      attributes({ n_steps: 10n }),
      /spikes: 3000 rows, the episode has 10 steps/,
    ],
    ["another number of spikes", EPISODE, attributes({ n_spikes: 1n }), /n_spikes is 1, there are \d+/],
    [
      "a column without its time steps",
      `${EPISODE}/rewards/timestep_runs`,
      gone,
      /timestep_runs: time steps of 0 rows, the field has 1000/,
    ],
    [
      "time steps of fewer rows",
      `${EPISODE}/rewards/values`,
      shorter,
      /time steps of 1000 rows, the field has 999/,
    ],
    [
      "time steps that fall",
      `${EPISODE}/behavior/x/timestep_runs`,
      number(1, -1),
      /run 0 \(0, -1, 3000\) does not ascend/,
    ],
    [
      "a run of nothing",
      `${EPISODE}/behavior/x/timestep_runs`,
      number(2, 0),
      /run 0 \(0, 1, 0\) does not ascend/,
    ],
    ["a count too many", `${EPISODE}/spikes/counts`, number(5, 200), /ids|counts/],
    ["ids that are too few", `${EPISODE}/spikes/ids`, shorter, /ids: \d+ ids, the counts make \d+/],
    ["a neuron that is none", `${EPISODE}/spikes/ids`, number(4, 9), /ids: in row \d+ neuron 9 is none of 9/],
    ["neurons that do not ascend", `${EPISODE}/spikes/ids`, number(1, 0), /neuron 0 comes after neuron \d/],
    [
      "a wrong offset",
      `${EPISODE}/spikes/offsets`,
      number(1, 3),
      /offsets: row 1024 is said to begin at 3, it does at \d+/,
    ],
    ["offsets that are too few", `${EPISODE}/spikes/offsets`, shorter, /offsets: 2 entries, 3 are due/],
    [
      "a changed synapse of nobody",
      `${EPISODE}/weight_changes/target`,
      number(7, 44),
      /target: row 7 has a neuron that is none of 9/,
    ],
    [
      "weight changes of two lengths",
      `${EPISODE}/weight_changes/new_weight`,
      shorter,
      /new_weight: 599 rows, source has 600/,
    ],
    ["an event that is no JSON", `${EPISODE}/events/json`, number(0, 65), /events.*a text is no JSON/],
    ["events that end before they begin", `${EPISODE}/events/ends`, number(1, 0), /a text ends at 0/],
    ["bytes behind the last event", `${EPISODE}/events/ends`, shorter, /the last text ends at/],
    [
      "a table that says something else",
      "/episode_summaries/n_steps",
      number(0, 5),
      /the table of episodes says complete, 5 steps/,
    ],
    ["no table", "/episode_summaries", gone, /^\/episode_summaries: it is missing/],
    [
      "a table of other columns",
      "/episode_summaries/status",
      shorter,
      /^\/episode_summaries: .*status: 0 rows, episode has 1/,
    ],
  ])("names %s", async (_what, path, change, finding) => {
    const findings = await findingsOf(path, change);
    expect(findings.join("\n")).toMatch(new RegExp(finding.source, "m"));
  });

  it("names data that a checksum refuses, and goes on behind it", async () => {
    const copy = "damaged.h5";
    const file = vfs.openSync(good, "r");
    const bytes = new Uint8Array(file.sizeSync());
    file.readSync(bytes, 0);
    const out = vfs.openSync(copy, "create");
    // In the middle of the compressed chunks, which begin the file.
    for (let at = 6000; at < 40_000; at += 500) bytes[at]! ^= 0x55;
    out.writeSync(bytes, 0);
    const { findings } = await validate(copy, { vfs });
    expect(findings.length).toBeGreaterThan(1);
    expect(findings.map(({ problem }) => problem).join()).toMatch(/damaged|corrupt/i);
  });

  it("can be aborted", async () => {
    const exporter = new DataExporter("long", { vfs, outputDirectory: "runs", git: false });
    exporter.startEpisode({ neurons: 1 });
    const rewards = {
      timesteps: Array.from({ length: 1_000_000 }, (_, i) => i),
      values: new Float64Array(1_000_000),
    };
    exporter.logBlock({ firstTimestep: 0, stepCount: 1_000_000, rewards });
    exporter.endEpisode();
    exporter.close();
    const aborted = validate(exporter.path, { vfs, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: "STREAM_WORK_ABORTED" });
  });
});
