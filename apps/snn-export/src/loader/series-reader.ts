import { CapacityError } from "@millrace/base";
import { newTypedArray, type TypedArray } from "@millrace/buffers";
import { TIME_RUNS_NAME } from "../columns/time-runs.ts";
import type { BlockValues } from "../log-block.ts";
import { attributeOf, damaged, requireColumn, type TreeColumn, type TreeGroup } from "./run-tree.ts";
import { TimeIndex } from "./time-index.ts";

/** Values with the time step of each. */
export interface SeriesData<T extends BlockValues = BlockValues> {
  /** Time steps, ascending. */
  readonly timesteps: Float64Array;
  /** Row after row; `width` numbers each. As stored, perhaps a view of the file: do not write to it. */
  readonly values: T;
  /** Numbers a row; 1 where each is a plain number. */
  readonly width: number;
}

/** Reads `{timestep_runs, values}`: states, rewards, behavior. */
export class SeriesReader {
  readonly index: TimeIndex;
  readonly #group: TreeGroup;
  readonly #values: TreeColumn;
  readonly #limitBytes: number;

  /** @param limitBytes - the most that one call may make beyond what the file's reader returns */
  constructor(group: TreeGroup, limitBytes: number) {
    this.#group = group;
    this.#values = requireColumn(group, "values");
    this.#limitBytes = limitBytes;
    this.index = new TimeIndex(requireColumn(group, TIME_RUNS_NAME), this.#values.rows, limitBytes);
  }

  /** The rows of time steps [start, stop), as they are stored. */
  read(start: number, stop: number): SeriesData {
    const from = this.index.rowAt(start);
    return this.#rows(from, this.index.rowAt(stop));
  }

  /**
   * As {@link read}; with adaptive sampling the state at every step that was looked at.
   * @param episodeStop - where the last row stops holding
   * @throws CapacityError when the states that hold take more than the limit
   */
  readHeld(start: number, stop: number, episodeStop: () => number): SeriesData {
    const { index } = this;
    if (attributeOf(this.#group, "encoding") !== "hold") return this.read(start, stop);
    const every = Number(attributeOf(this.#group, "sampling_fastest") ?? 1);
    if (!(Number.isInteger(every) && every > 0))
      throw damaged(this.#group, `sampling_fastest is ${every}, no number of steps`);
    const width = this.#values.width ?? 1;
    const first = Math.ceil(Math.max(start, index.start) / every) * every;
    const end = index.rows === 0 ? 0 : Math.min(stop, episodeStop());
    const count = Math.max(0, Math.ceil((end - first) / every));
    const { timesteps: kept, values: rows } = this.#rows(
      Math.max(0, index.rowAt(first + 1) - 1),
      index.rowAt(end),
    );
    const bytes = count * (8 + width * rows.BYTES_PER_ELEMENT);
    if (bytes > this.#limitBytes)
      throw new CapacityError(
        "SNN_READ_LIMIT",
        `${this.#group.path}: ${count} states`,
        bytes,
        this.#limitBytes,
      );
    const timesteps = new Float64Array(count);
    const values = newTypedArray(this.#values.elements, count * width) as BlockValues;
    for (let i = 0, row = 0; i < count; i++) {
      timesteps[i] = first + i * every;
      while (row + 1 < kept.length && kept[row + 1]! <= timesteps[i]!) row++;
      values.set(rows.subarray(row * width, (row + 1) * width) as Float64Array, i * width);
    }
    return { timesteps, values, width };
  }

  #rows(start: number, stop: number): SeriesData {
    const values = asNumbers(this.#values, this.#values.read(start, stop));
    return { timesteps: this.index.timesteps(start, stop), values, width: this.#values.width ?? 1 };
  }
}

function asNumbers(column: TreeColumn, values: TypedArray<ArrayBuffer>): BlockValues {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    throw damaged(column, `it holds ${column.elements}, which no field can have`);
  return values;
}
