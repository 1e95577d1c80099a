import { TIME_RUNS_NAME } from "../columns/time-runs.ts";
import {
  damaged,
  type IndexArray,
  readIndices,
  readNumbers,
  requireColumn,
  type TreeColumn,
  type TreeGroup,
} from "./run-tree.ts";
import { TimeIndex } from "./time-index.ts";

/** Changed synapses, as columns. */
export interface WeightChangeData {
  readonly timesteps: Float64Array;
  readonly sources: IndexArray;
  readonly targets: IndexArray;
  readonly oldWeights: Float64Array;
  readonly newWeights: Float64Array;
}

/** Reads `{timestep_runs, source, target, old_weight, new_weight}`. */
export class WeightReader {
  readonly index: TimeIndex;
  readonly #columns: readonly [TreeColumn, TreeColumn, TreeColumn, TreeColumn];

  constructor(group: TreeGroup, limitBytes: number) {
    const column = (name: string): TreeColumn => requireColumn(group, name);
    this.#columns = [column("source"), column("target"), column("old_weight"), column("new_weight")];
    const { rows } = this.#columns[0];
    for (const each of this.#columns) {
      if (each.rows !== rows) throw damaged(each, `it has ${each.rows} rows, source has ${rows}`);
    }
    this.index = new TimeIndex(column(TIME_RUNS_NAME), rows, limitBytes);
  }

  /** The changes of time steps [start, stop). */
  read(start: number, stop: number): WeightChangeData {
    const from = this.index.rowAt(start);
    const to = this.index.rowAt(stop);
    const [sources, targets, oldWeights, newWeights] = this.#columns;
    return {
      timesteps: this.index.timesteps(from, to),
      sources: readIndices(sources, from, to),
      targets: readIndices(targets, from, to),
      oldWeights: readNumbers(oldWeights, from, to),
      newWeights: readNumbers(newWeights, from, to),
    };
  }
}
