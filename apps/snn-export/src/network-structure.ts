import { InvalidArgumentError } from "@millrace/base";
import { csrToRows, validateCsr } from "@millrace/codecs";
import type { ColumnPlace } from "./columns/staged-column.ts";
import { writeColumn } from "./columns/write-column.ts";

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
 * Checks that the tables of a network fit each other.
 * @throws InvalidArgumentError when columns differ in length, or the matrix is no valid CSR over these neurons
 */
export function checkNetworkStructure(
  neurons: NeuronTable,
  connections: ConnectionTable,
  initialWeights: CsrMatrix,
): void {
  const neuronCount = sharedLength("neurons", neurons);
  sharedLength("connections", { ...connections });
  const { indptr, indices, data, shape } = initialWeights;
  if (shape[0] !== neuronCount || shape[1] !== neuronCount) {
    const expected = `${neuronCount} × ${neuronCount}, one row and one column a neuron`;
    throw new InvalidArgumentError("SNN_WEIGHTS_SHAPE", "initialWeights.shape", shape.join(" × "), expected);
  }
  sharedLength("initialWeights", { indices, data });
  validateCsr(indptr, indices, shape[1]);
  for (const name of ["source", "target"] as const) {
    const at = connections[name].findIndex((neuron) => neuron >= neuronCount);
    if (at < 0) continue;
    const what = `connections.${name}[${at}]`;
    const expected = `a neuron from 0 to ${neuronCount - 1}`;
    throw new InvalidArgumentError("SNN_NEURON_RANGE", what, connections[name][at], expected);
  }
}

/** Writes `/network_structure/{neurons,connections,initial_weights}`, which {@link checkNetworkStructure} has seen. */
export function writeNetworkStructure(
  place: ColumnPlace,
  neurons: NeuronTable,
  connections: ConnectionTable,
  initialWeights: CsrMatrix,
): void {
  const structure = place.group.createGroup("network_structure");
  const inGroup = (name: string): ColumnPlace => ({ ...place, group: structure.createGroup(name) });
  const neuronPlace = inGroup("neurons");
  neuronPlace.group.setAttribute("count", BigInt(initialWeights.shape[0]));
  for (const [name, column] of Object.entries(neurons)) {
    writeColumn(neuronPlace, name, Float64Array.from(column), "1", `${name} of each neuron`);
  }
  const connectionPlace = inGroup("connections");
  connectionPlace.group.setAttribute("count", BigInt(connections.source.length));
  writeColumn(connectionPlace, "source", connections.source, "neuron", "presynaptic neuron");
  writeColumn(connectionPlace, "target", connections.target, "neuron", "postsynaptic neuron");
  const weightPlace = inGroup("initial_weights");
  const { indptr, indices, data, shape } = initialWeights;
  weightPlace.group.setAttribute("encoding", "csr");
  weightPlace.group.setAttribute("sorted_by", "row");
  writeColumn(weightPlace, "indptr", indptr, "entries", "where each row begins in indices and data");
  writeColumn(weightPlace, "indices", indices, "neuron", "column of each value");
  writeColumn(weightPlace, "data", data, "1", "the values");
  writeColumn(weightPlace, "shape", BigInt64Array.from(shape, BigInt), "neurons", "rows and columns");
  structure.close();
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
