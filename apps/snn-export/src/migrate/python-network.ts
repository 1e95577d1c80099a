import { weightedEventsToCsr } from "@millrace/codecs";
import {
  columnIn,
  damaged,
  groupIn,
  parseJson,
  readNumbers,
  type TreeColumn,
  type TreeGroup,
  type TreeNode,
} from "../loader/run-tree.ts";
import { asKind, type ChildMap, changedGroup, columnOf, mappedGroup, VirtualGroup } from "./virtual-tree.ts";

/** A matrix of more rows than this is damage: one row is a neuron. */
const MOST_ROWS = 2 ** 26;

/** `/network_structure` of the Python exporter: other names, and weights that are COO though they say CSR. */
export function networkOfPython(structure: TreeGroup | undefined): TreeNode | undefined {
  if (structure === undefined) return undefined;
  const neurons = groupIn(structure, "neurons");
  const connections = groupIn(structure, "connections");
  return new VirtualGroup(
    structure,
    {},
    {
      neurons: neurons === undefined ? undefined : () => neuronsOf(neurons),
      connections: connections === undefined ? undefined : () => connectionsOf(connections),
      initial_weights: () => weightsOf(groupIn(structure, "initial_weights")),
    },
  );
}

function neuronsOf(neurons: TreeGroup): TreeNode {
  const columns = mappedGroup(neurons, (node) => (node.kind === "column" ? asKind(node, "float64") : node));
  const rows = columns.names.map((name) => columnIn(columns, name)?.rows ?? 0);
  return changedGroup(columns, { count: BigInt(Math.max(0, ...rows)) }, {});
}

function connectionsOf(connections: TreeGroup): TreeNode {
  const source = columnIn(connections, "source_ids");
  const target = columnIn(connections, "target_ids");
  const children: ChildMap = {
    source: source === undefined ? undefined : asKind(source, "uint32"),
    target: target === undefined ? undefined : asKind(target, "uint32"),
  };
  return new VirtualGroup(connections, { count: BigInt(source?.rows ?? 0) }, children);
}

function weightsOf(weights: TreeGroup | undefined): TreeNode | undefined {
  const [rows, columns, data] = ["row", "col", "data"].map((name) => columnIn(weights, name));
  if (weights === undefined || rows === undefined || columns === undefined || data === undefined)
    return undefined;
  const shape = shapeOf(weights, [rows, columns]);
  const count = data.rows;
  if (!(shape[0] >= 0 && shape[0] <= MOST_ROWS)) throw damaged(weights, `it has ${shape[0]} rows`);
  if (rows.rows !== count || columns.rows !== count)
    throw damaged(weights, `row, col and data have ${rows.rows}, ${columns.rows} and ${count} entries`);
  const csr = {
    indptr: new Uint32Array(shape[0] + 1),
    indices: new Uint32Array(count),
    data: new Float64Array(count),
  };
  const [rowIds, columnIds] = [readNumbers(rows), readNumbers(columns)];
  if (!(rowIds.every((id) => id >= 0 && id < shape[0]) && columnIds.every((id) => id >= 0 && id < shape[1])))
    throw damaged(weights, `an entry lies outside of ${shape.join(" × ")}`);
  weightedEventsToCsr(
    Uint32Array.from(rowIds),
    Uint32Array.from(columnIds),
    readNumbers(data),
    0,
    count,
    csr.indptr,
    csr.indices,
    csr.data,
  );
  const column = (name: string, values: Parameters<typeof columnOf>[2], unit: string): TreeColumn =>
    columnOf(`${weights.path}/${name}`, weights.file, values, { unit, description: name });
  return new VirtualGroup(
    weights,
    { encoding: "csr", sorted_by: "row" },
    {
      indptr: column("indptr", csr.indptr, "entries"),
      indices: column("indices", csr.indices, "neuron"),
      data: column("data", csr.data, "1"),
      shape: column("shape", BigInt64Array.from(shape, BigInt), "neurons"),
    },
  );
}

/** From the dataset or the attribute `shape`; else as large as the largest entry asks for. */
function shapeOf(weights: TreeGroup, entries: readonly TreeColumn[]): [rows: number, columns: number] {
  const stored = columnIn(weights, "shape");
  const text = weights.attributes.get("shape");
  const shape =
    stored !== undefined
      ? [...readNumbers(stored)]
      : typeof text === "string"
        ? parseJson(weights, text)
        : [];
  if (Array.isArray(shape) && shape.length === 2 && shape.every(Number.isInteger))
    return [shape[0], shape[1]];
  const most = Math.max(
    0,
    ...entries.map((column) => readNumbers(column).reduce((a, b) => Math.max(a, b + 1), 0)),
  );
  return [most, most];
}
