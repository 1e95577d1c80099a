import type { TypedArray } from "@millrace/buffers";

/** Rows of numbers of a block, as a typed array that is not of a 64-bit integer kind. */
export type BlockValues = Exclude<TypedArray, BigInt64Array | BigUint64Array>;

/** Values at some of the steps of a block. */
export interface SparseValues {
  /** Ascending steps of the block. */
  readonly timesteps: ArrayLike<number>;
  /** As many rows, row-major. */
  readonly values: BlockValues;
}

/** Who fired in a block: a flag a neuron and step, or the ids of step i at `ids[indptr[i] .. indptr[i + 1])`. */
export type BlockSpikes =
  | Uint8Array
  | { readonly indptr: ArrayLike<number>; readonly ids: ArrayLike<number> };

/** Many time steps at once: the same as a `log` of each, without an object for each. */
export interface LogBlock {
  /** The first step; the others follow one by one, unless `timesteps` are given. */
  readonly firstTimestep?: number;
  /** How many steps there are; may be left out with `timesteps`. */
  readonly stepCount?: number;
  /** All steps, ascending, where they do not follow one by one. */
  readonly timesteps?: ArrayLike<number>;
  /** A row of one number a neuron for each step, of which every n-th is kept; or rows at some steps, all kept. */
  readonly neuralStates?: BlockValues | SparseValues;
  readonly spikes?: BlockSpikes;
  /** By name: one row for each step, or rows at some steps. The width of a row is values by steps. */
  readonly behavior?: Readonly<Record<string, BlockValues | SparseValues>>;
  /** One for each step, or at some steps. */
  readonly rewards?: BlockValues | SparseValues;
}

/** Data of a whole episode that are given at once, in any order; they are stored sorted by time step. */
export interface StaticEpisodeData {
  /** Changed synapses as columns of equal length. */
  readonly weightChanges?: {
    readonly timesteps: ArrayLike<number>;
    readonly sources: ArrayLike<number>;
    readonly targets: ArrayLike<number>;
    readonly oldWeights: ArrayLike<number>;
    readonly newWeights: ArrayLike<number>;
  };
  readonly rewards?: SparseValues;
  readonly behavior?: Readonly<Record<string, SparseValues>>;
  readonly events?: readonly {
    readonly timestep: number;
    readonly type: string;
    readonly data?: unknown;
  }[];
}
