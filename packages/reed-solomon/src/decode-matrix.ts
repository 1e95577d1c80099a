import { addScaledRow, invertMatrix, type Matrix, makeMatrix, multiplyMatrices } from "./matrix.ts";

/**
 * The matrix that makes `wanted` shards from `sources`: a row a wanted shard, a column a source.
 *
 * Only the missing data shards are unknowns: with e of them an e × e system is solved, whatever the number of data
 * shards. With G the parity rows, P the parity sources, E the unknowns and D the data sources,
 * d_E = G[P,E]^-1 · (p_P + G[P,D] · d_D); a missing parity shard is its row of G over all of these.
 *
 * @param parity - the parity rows of the code, one column a data shard
 * @param sources - `parity.columns` different shard numbers, ascending
 */
export function decodeMatrix(parity: Matrix, sources: readonly number[], wanted: readonly number[]): Matrix {
  const dataShards = parity.columns;
  const dataSources = sources.filter((index) => index < dataShards);
  const paritySources = sources.slice(dataSources.length).map((index) => index - dataShards);
  const isSource = new Set(dataSources);
  const unknowns = Array.from({ length: dataShards }, (_, i) => i).filter((i) => !isSource.has(i));
  const cellOf = (row: number, column: number): number => parity.cells[row * dataShards + column]!;

  // Columns as the sources: of p_P + G[P,D] · d_D the coefficients are G[P,D] and, for the parity itself, 1.
  const known = makeMatrix(paritySources.length, sources.length, (row, column) =>
    column < dataSources.length
      ? cellOf(paritySources[row]!, dataSources[column]!)
      : Number(column - dataSources.length === row),
  );
  const system = makeMatrix(paritySources.length, unknowns.length, (row, column) =>
    cellOf(paritySources[row]!, unknowns[column]!),
  );
  const solved = multiplyMatrices(invertMatrix(system), known);

  const width = sources.length;
  const cells = new Uint8Array(wanted.length * width);
  for (const [row, shard] of wanted.entries()) {
    if (shard < dataShards) {
      addScaledRow(cells, row * width, solved.cells, unknowns.indexOf(shard) * width, width, 1);
      continue;
    }
    const coefficient = (column: number): number => cellOf(shard - dataShards, column);
    for (const [column, index] of dataSources.entries()) cells[row * width + column] = coefficient(index);
    for (const [i, index] of unknowns.entries()) {
      addScaledRow(cells, row * width, solved.cells, i * width, width, coefficient(index));
    }
  }
  return { rows: wanted.length, columns: width, cells };
}
