import { InvalidArgumentError, isMillraceError } from "@millrace/base";
import { validateCsr } from "@millrace/codecs";
import type { CsrMatrix, NetworkStructure } from "../network-structure.ts";
import { columnIn, damaged, groupIn, readNumbers, type TreeGroup } from "./run-tree.ts";

/**
 * Reads `/network_structure`; undefined where a file has none.
 * @throws CorruptDataError when the weights are no CSR matrix
 */
export function readNetwork(root: TreeGroup): NetworkStructure | undefined {
  const structure = groupIn(root, "network_structure");
  if (structure === undefined) return undefined;
  const connections = groupIn(structure, "connections");
  return {
    neurons: numberColumns(groupIn(structure, "neurons")),
    connections: { source: integers(connections, "source"), target: integers(connections, "target") },
    initialWeights: readWeights(groupIn(structure, "initial_weights")),
  };
}

function readWeights(group: TreeGroup | undefined): CsrMatrix {
  const [rows = 0, columns = 0] = numbers(group, "shape");
  const weights: CsrMatrix = {
    indptr: integers(group, "indptr"),
    indices: integers(group, "indices"),
    data: numbers(group, "data"),
    shape: [rows, columns],
  };
  if (group === undefined) return weights;
  if (weights.indptr.length !== rows + 1 || weights.data.length !== weights.indices.length) {
    const { indptr, indices, data } = weights;
    const found = `indptr has ${indptr.length} entries for ${rows} rows, data ${data.length} for ${indices.length} indices`;
    throw damaged(group, found);
  }
  try {
    validateCsr(weights.indptr, weights.indices, columns);
  } catch (error) {
    if (!isMillraceError(error) || error instanceof InvalidArgumentError) throw error;
    throw damaged(group, error.message);
  }
  return weights;
}

function numberColumns(group: TreeGroup | undefined): Record<string, Float64Array> {
  const columns: Record<string, Float64Array> = {};
  for (const name of group?.names ?? []) {
    const column = columnIn(group, name);
    if (column !== undefined) columns[name] = readNumbers(column);
  }
  return columns;
}

function integers(group: TreeGroup | undefined, name: string): Uint32Array {
  const column = columnIn(group, name);
  if (column === undefined) return new Uint32Array(0);
  const values = column.read(0, column.rows);
  if (values instanceof Uint32Array) return values;
  throw damaged(column, `it holds ${column.elements}, expected uint32`);
}

function numbers(group: TreeGroup | undefined, name: string): Float64Array {
  const column = columnIn(group, name);
  return column === undefined ? new Float64Array(0) : readNumbers(column);
}
