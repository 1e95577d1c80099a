/**
 * The time steps of rows [start, end) of a column.
 * @param runs - rows `(first, step, count)`, as the dataset `timestep_runs` has them
 */
export function expandTimeRuns(runs: Float64Array, start = 0, end?: number): Float64Array {
  let rows = 0;
  for (let i = 2; i < runs.length; i += 3) rows += runs[i]!;
  const last = Math.min(end ?? rows, rows);
  const timesteps = new Float64Array(Math.max(0, last - start));
  let row = 0;
  for (let i = 0; i < runs.length && row < last; i += 3) {
    const count = runs[i + 2]!;
    const from = Math.max(row, start);
    const to = Math.min(row + count, last);
    for (let r = from; r < to; r++) timesteps[r - start] = runs[i]! + runs[i + 1]! * (r - row);
    row += count;
  }
  return timesteps;
}
