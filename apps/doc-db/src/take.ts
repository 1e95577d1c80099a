/** What is made of the matches of a query, and what is counted of them. */
import type { FieldLookup } from "./query/tests.ts";

/** What a query has read so far. */
export class FetchCounters {
  keysExamined = 0;
  documentsExamined = 0;
  #byInput: Map<string, number> | undefined;

  /** Keys of each input, where several are read together. */
  get byInput(): Map<string, number> {
    this.#byInput ??= new Map();
    return this.#byInput;
  }

  /** Adds keys of one of them. */
  readonly addKeys = (input: string, keys: number): void => {
    this.keysExamined += keys;
    this.byInput.set(input, (this.byInput.get(input) ?? 0) + keys);
  };
}

/** Makes of a match what is wanted of it: the document's bytes and those of its `_id`'s key are valid during the call. */
export interface Take<T> {
  (bytes: Uint8Array, start: number, end: number, keys: Uint8Array, keyStart: number, keyEnd: number): T;
  /** As it makes it of some fields, where it takes no others. */
  readonly ofFields?: FieldTake<T>;
}

/** Makes of some fields of a match what is wanted of it. */
export interface FieldTake<T> {
  readonly fields: readonly string[];
  readonly take: (lookup: FieldLookup) => T;
}
