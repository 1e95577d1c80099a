import { checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { newTypedArray, type TypedArrayOf } from "@millrace/buffers";
import type { FieldKind } from "./fields.ts";

/** How the sampling of neural states follows what they do. */
export interface AdaptiveSamplingOptions {
  /** States that change are kept at steps that this divides. @default 1 */
  readonly fastest?: number;
  /** A state that does not change is kept again after this many steps. @default 1000 */
  readonly slowest?: number;
  /** How far a neuron may be from its last kept value without counting as changed. @default 0: nothing is lost */
  readonly tolerance?: number;
}

/** What {@link AdaptiveSamplingOptions} are when they are not given. */
export const DEFAULT_ADAPTIVE_SAMPLING_OPTIONS: Required<AdaptiveSamplingOptions> = Object.freeze({
  fastest: 1,
  slowest: 1000,
  tolerance: 0,
});

/** @throws InvalidArgumentError for an unknown option or a value out of its range */
export function resolveAdaptiveSampling(options: AdaptiveSamplingOptions): Required<AdaptiveSamplingOptions> {
  const filled = resolveOptions<Required<AdaptiveSamplingOptions>>(
    "snn",
    DEFAULT_ADAPTIVE_SAMPLING_OPTIONS,
    options,
  );
  checkInteger("snn", "adaptiveSampling.fastest", filled.fastest, 1, 2 ** 31);
  checkInteger("snn", "adaptiveSampling.slowest", filled.slowest, filled.fastest, 2 ** 31);
  if (!(filled.tolerance >= 0 && filled.tolerance < Number.POSITIVE_INFINITY)) {
    const expected = "a number from 0 on";
    throw new InvalidArgumentError(
      "SNN_OPTION_VALUE",
      "snn adaptiveSampling.tolerance",
      filled.tolerance,
      expected,
    );
  }
  return filled;
}

/**
 * Decides which states are kept: those that differ from the last kept one, and one now and then while nothing
 * changes. Between two rows the earlier one holds: at each step that `fastest` divides, every value is within
 * `tolerance` of what was logged.
 */
export class StateSampler {
  readonly #options: Required<AdaptiveSamplingOptions>;
  readonly #last: TypedArrayOf<FieldKind>;
  /** The state that is asked about, in the kind in which it would be stored. */
  readonly #asked: TypedArrayOf<FieldKind>;
  #lastTimestep = Number.NEGATIVE_INFINITY;

  constructor(neurons: number, kind: FieldKind, options: Required<AdaptiveSamplingOptions>) {
    this.#options = options;
    this.#last = newTypedArray(kind, neurons);
    this.#asked = newTypedArray(kind, neurons);
  }

  /** Whether this state is to be kept, at a step that `fastest` divides; {@link kept} tells that it was. */
  keeps(timestep: number, state: ArrayLike<number>): boolean {
    const { slowest, tolerance } = this.#options;
    this.#asked.set(state);
    return timestep - this.#lastTimestep >= slowest || differ(this.#asked, this.#last, tolerance);
  }

  /** The state that was asked about last is kept. */
  kept(timestep: number): void {
    this.#last.set(this.#asked);
    this.#lastTimestep = timestep;
  }
}

function differ(a: TypedArrayOf<FieldKind>, b: TypedArrayOf<FieldKind>, tolerance: number): boolean {
  for (let i = 0; i < a.length; i++) if (!(Math.abs(a[i]! - b[i]!) <= tolerance)) return true;
  return false;
}
