/** The calls that a fault can be planned for; `allocate` counts as the writes that it consists of. */
export type FaultyCall =
  | "open"
  | "read"
  | "write"
  | "truncate"
  | "sync"
  | "rename"
  | "remove"
  | "list"
  | "stat"
  | "makeDirectory"
  | "syncDirectory"
  | "lock";

/** One planned failure, see {@link FaultPlan.failNth}. */
export interface Fault {
  readonly call: FaultyCall;
  /** Which call fails, counted from now: 1 is the next one. */
  readonly n: number;
  /** The system's error code. */
  readonly error: "ENOSPC" | "EIO" | "EACCES";
  /** How many calls in a row fail from then on; Infinity for a disk that stays broken. @default 1 */
  readonly times?: number;
  /** Only calls on paths that contain this text count. @default "" */
  readonly path?: string;
}

/** Why a call fails, see {@link FaultPlan.next}. */
export type PlannedFailure = Fault["error"] | "HALTING" | "HALTED";

/** Calls that change the disk: the power can go during any of them. */
export const CHANGING_CALLS: readonly FaultyCall[] = Object.freeze([
  "open",
  "write",
  "truncate",
  "sync",
  "rename",
  "remove",
  "makeDirectory",
  "syncDirectory",
]);

/** What the calls of a FaultyVfs shall do: counts them, and says which fail. */
export class FaultPlan {
  readonly #faults: { readonly fault: Fault; seen: number }[] = [];
  readonly #counts = new Map<FaultyCall, number>();
  #callsUntilHalt = Number.POSITIVE_INFINITY;
  #isHalted = false;

  get isHalted(): boolean {
    return this.#isHalted;
  }

  failNth(fault: Fault): void {
    this.#faults.push({ fault, seen: 0 });
  }

  haltAfter(calls: number): void {
    this.#callsUntilHalt = calls;
  }

  halt(): void {
    this.#isHalted = true;
  }

  /** How often a call was made so far, failed ones included. */
  count(call: FaultyCall): number {
    return this.#counts.get(call) ?? 0;
  }

  /** Counts a call; returns the error it is to fail with: "HALTING" as the power goes, "HALTED" when it is off. */
  next(call: FaultyCall, path: string): PlannedFailure | undefined {
    if (this.#isHalted) return "HALTED";
    this.#counts.set(call, this.count(call) + 1);
    if (CHANGING_CALLS.includes(call) && --this.#callsUntilHalt < 0) {
      this.#isHalted = true;
      return "HALTING";
    }
    let error: Fault["error"] | undefined;
    for (const planned of this.#faults) {
      const { fault } = planned;
      if (fault.call !== call || !path.includes(fault.path ?? "")) continue;
      planned.seen++;
      if (planned.seen >= fault.n && planned.seen < fault.n + (fault.times ?? 1)) error = fault.error;
    }
    return error;
  }
}
