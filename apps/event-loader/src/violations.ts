import { CorruptDataError } from "@millrace/base";

/** What can be wrong inside a recording without making it unreadable. */
export type ViolationKind =
  | "beforeTimeHigh"
  | "nonMonotonicTimeHigh"
  | "nonContinuousTimeHigh"
  | "outsideGeometry"
  | "missingRow"
  | "missingVectorBase"
  | "rowOutside"
  | "invalidVectorBase"
  | "partialVector"
  | "partialCounter"
  | "unknownWord"
  | "truncatedWord"
  | "malformedRow"
  | "invalidEvent"
  | "otherEvent";

/** What each kind of violation means, and what was done about it. */
export const VIOLATION_MEANINGS: Readonly<Record<ViolationKind, string>> = Object.freeze({
  beforeTimeHigh: "an event or trigger before the first time-high word has no time; it was left out",
  nonMonotonicTimeHigh: "the time went back without a wrap; the events behind it were kept with that time",
  nonContinuousTimeHigh:
    "the time went on by more than one time-high value at once, which the mode sdk reports; events were kept",
  outsideGeometry: "an event lies outside the sensor; it was kept",
  missingRow: "an event came before any row address; it was kept in row 0",
  missingVectorBase: "a vector came before any base address; it was kept with base 0",
  rowOutside: "a row address lies outside the sensor; its events were left out, as the mode sdk does",
  invalidVectorBase:
    "a vector has no base or reaches beyond the sensor; it was left out, as the mode sdk does",
  partialVector: "a vector is not whole; it was left out, as the mode sdk does",
  partialCounter: "the value of a counter is not whole; it was left out",
  unknownWord: "a word of no known type; it was skipped",
  truncatedWord: "the file ends inside a word or record; the rest was left out, the file is truncated",
  malformedRow: "a line is no event; it was left out",
  otherEvent: "an event that tells of something else than a change, such as an exposure; it was left out",
  invalidEvent: "an event that the recorder itself has marked as invalid; it was left out",
});

/** How often each kind was seen; kinds that were not seen are absent. */
export type ViolationCounts = { readonly [K in ViolationKind]?: number };

interface Seen {
  count: number;
  readonly firstByteOffset: number;
}

/** Counts violations by kind, and remembers where each was seen first. */
export class ViolationLog {
  readonly #seen = new Map<ViolationKind, Seen>();

  /** @param byteOffset - position of the word or line in the file */
  add(kind: ViolationKind, byteOffset: number): void {
    const seen = this.#seen.get(kind);
    if (seen === undefined) this.#seen.set(kind, { count: 1, firstByteOffset: byteOffset });
    else seen.count++;
  }

  /** The counts so far, as a new object. */
  counts(): ViolationCounts {
    return Object.fromEntries([...this.#seen].map(([kind, { count }]) => [kind, count]));
  }

  /** @throws CorruptDataError `EVENTS_DATA_VIOLATION` for the first violation in the file, if there is one */
  throwFirst(source: string): void {
    let first: [ViolationKind, Seen] | undefined;
    for (const entry of this.#seen) {
      if (first === undefined || entry[1].firstByteOffset < first[1].firstByteOffset) first = entry;
    }
    if (first === undefined) return;
    const [kind, { firstByteOffset }] = first;
    const problem = `${kind}: ${VIOLATION_MEANINGS[kind]}; without strict reading it is only counted`;
    throw new CorruptDataError("EVENTS_DATA_VIOLATION", source, firstByteOffset, problem);
  }
}

/**
 * Whether an error tells of damage, before which all that was read is good. The first violation in strict reading is
 * none: what was read with it may hold others.
 */
export function isDamage(error: unknown): error is CorruptDataError {
  return error instanceof CorruptDataError && error.code !== "EVENTS_DATA_VIOLATION";
}
