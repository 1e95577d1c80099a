/** Where a decoder stands between two words or records: enough to go on from there in another pass. */
export interface DecoderState {
  /** Position in the file of the first byte that is not decoded; of a table of columns, the row. */
  readonly byteOffset: number;
  /** What else the decoder remembers; as many numbers for every state of one format. */
  readonly values: readonly number[];
}

/** The part of a decoder's memory that is saved. */
export interface StateFields {
  save(): number[];
  restore(values: readonly number[]): void;
}

/** Saves and restores the named fields of a state; truth values are kept as 0 and 1. */
export function stateFields<N extends string>(
  state: { [K in N]: number | boolean },
  names: readonly N[],
): StateFields {
  return {
    save: () => names.map((name) => Number(state[name])),
    restore(values) {
      for (const [i, name] of names.entries()) {
        state[name] = typeof state[name] === "boolean" ? values[i] !== 0 : values[i]!;
      }
    },
  };
}
