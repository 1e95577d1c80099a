import { InvalidArgumentError } from "@millrace/base";
import { csrToRows, validateCsr } from "@millrace/codecs";
import type { Dataset, Group } from "h5wasm/node";
import { childDataset, childGroup, guard, writeAttribute } from "./h5-file.ts";

/** A sparse matrix in compressed sparse row form, as SciPy's csr_matrix has it. */
export interface CsrMatrix {
  /** Where each row begins in `indices`; rows + 1 entries. */
  readonly indptr: Uint32Array;
  /** Column of each stored value. */
  readonly indices: Uint32Array;
  readonly data: Float64Array;
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
}

/** Neurons as columns of equal length: `{ id: [0, 1], excitatory: [1, 0] }`. */
export type NeuronTable = Readonly<Record<string, ArrayLike<number>>>;

/** Connections as columns of equal length; `source` and `target` are indices of neurons. */
export interface ConnectionTable {
  readonly source: Uint32Array;
  readonly target: Uint32Array;
}

/** What a file says of its network. */
export interface NetworkStructure {
  readonly neurons: Readonly<Record<string, Float64Array>>;
  readonly connections: ConnectionTable;
  readonly initialWeights: CsrMatrix;
}

/** The connection list that a weight matrix stands for, row by row. */
export function connectionsOf(weights: CsrMatrix): ConnectionTable {
  const source = new Uint32Array(weights.indices.length);
  csrToRows(weights.indptr, source);
  return { source, target: weights.indices };
}

/**
 * Writes `/network_structure/{neurons,connections,initial_weights}`.
 * @throws InvalidArgumentError when columns differ in length, or the matrix is no valid CSR over these neurons
 */
export function writeNetworkStructure(
  root: Group,
  path: string,
  neurons: NeuronTable,
  connections: ConnectionTable,
  initialWeights: CsrMatrix,
): void {
  const neuronCount = sharedLength("neurons", neurons);
  const connectionCount = sharedLength("connections", { ...connections });
  const { indptr, indices, data, shape } = initialWeights;
  if (shape[0] !== neuronCount || shape[1] !== neuronCount) {
    const expected = `${neuronCount} × ${neuronCount}, one row and one column a neuron`;
    throw new InvalidArgumentError("SNN_WEIGHTS_SHAPE", "initialWeights.shape", shape.join(" × "), expected);
  }
  sharedLength("initialWeights", { indices, data });
  validateCsr(indptr, indices, shape[1]);
  guard(path, "write", () => {
    const structure = root.create_group("network_structure");
    const neuronGroup = structure.create_group("neurons");
    writeAttribute(neuronGroup, "count", neuronCount);
    for (const [name, column] of Object.entries(neurons)) {
      neuronGroup.create_dataset({ name, data: Float64Array.from(column) });
    }
    const connectionGroup = structure.create_group("connections");
    writeAttribute(connectionGroup, "count", connectionCount);
    createColumn(connectionGroup, "source", connections.source);
    createColumn(connectionGroup, "target", connections.target);
    const weightGroup = structure.create_group("initial_weights");
    writeAttribute(weightGroup, "encoding", "csr");
    createColumn(weightGroup, "indptr", indptr);
    createColumn(weightGroup, "indices", indices);
    createColumn(weightGroup, "data", data);
    weightGroup.create_dataset({ name: "shape", data: BigInt64Array.from(shape, BigInt) });
  });
}

/** Reads what {@link writeNetworkStructure} wrote; undefined where a file has none. */
export function readNetworkStructure(root: Group, path: string): NetworkStructure | undefined {
  return guard(path, "read", () => {
    const structure = childGroup(root, "network_structure");
    if (structure === undefined) return undefined;
    const neuronGroup = childGroup(structure, "neurons");
    const connectionGroup = childGroup(structure, "connections");
    const weightGroup = childGroup(structure, "initial_weights");
    const neurons: Record<string, Float64Array> = {};
    for (const name of neuronGroup?.keys() ?? []) {
      neurons[name] = Float64Array.from(valuesOf<Float64Array>(childDataset(neuronGroup!, name)));
    }
    const column = (group: Group | undefined, name: string): Uint32Array =>
      group === undefined
        ? new Uint32Array(0)
        : Uint32Array.from(valuesOf<Uint32Array>(childDataset(group, name)));
    const shape =
      weightGroup === undefined ? [0n, 0n] : valuesOf<BigInt64Array>(childDataset(weightGroup, "shape"));
    const data = weightGroup === undefined ? [] : valuesOf<Float64Array>(childDataset(weightGroup, "data"));
    const initialWeights: CsrMatrix = {
      indptr: column(weightGroup, "indptr"),
      indices: column(weightGroup, "indices"),
      data: Float64Array.from(data),
      shape: [Number(shape[0]), Number(shape[1])],
    };
    if (weightGroup !== undefined) {
      validateCsr(initialWeights.indptr, initialWeights.indices, initialWeights.shape[1]);
    }
    return {
      neurons,
      connections: { source: column(connectionGroup, "source"), target: column(connectionGroup, "target") },
      initialWeights,
    };
  });
}

/** A dataset's values; an empty dataset reads as null in h5wasm. */
function valuesOf<T extends ArrayLike<number | bigint>>(dataset: Dataset | undefined): T {
  return (dataset?.value ?? []) as unknown as T;
}

function createColumn(group: Group, name: string, data: Uint32Array | Float64Array): void {
  group.create_dataset({ name, data, shape: [data.length] });
}

function sharedLength(what: string, columns: Readonly<Record<string, ArrayLike<number>>>): number {
  let length: number | undefined;
  for (const [name, column] of Object.entries(columns)) {
    length ??= column.length;
    if (column.length === length) continue;
    throw new InvalidArgumentError(
      "SNN_TABLE_SHAPE",
      `${what}.${name}`,
      column.length,
      `${length} values, as its neighbours`,
    );
  }
  return length ?? 0;
}
