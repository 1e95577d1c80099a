import type { BackendPace } from "./backend-pace.ts";

/** A backend that was asked for something. */
export interface Asked {
  /** Must not fail. */
  readonly answer: Promise<void>;
  /** Where it is not measured the backend is waited for. */
  readonly pace: BackendPace | undefined;
}

/** Nothing is late sooner: a busy machine takes as long by itself. */
const LEAST_LATE_MS = 50;
/** A backend that was never asked before is late after so many times what the others took. */
const LATE_FACTOR = 3;

/**
 * Waits until all have answered, or until enough have, and the others are later than they usually are.
 * @param steps - how many requests an answer takes, one after the other
 * @param isEnough - asked after each answer, with how many are outstanding
 */
export async function settleEnough(
  asked: readonly Asked[],
  steps: number,
  isEnough: (outstanding: number) => boolean,
): Promise<void> {
  const startMs = performance.now();
  const outstanding = new Set(asked);
  const { promise, resolve } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  let enoughMs: number | undefined;
  const look = (): void => {
    clearTimeout(timer);
    if (outstanding.size === 0) resolve();
    if (outstanding.size === 0 || !isEnough(outstanding.size)) return;
    const nowMs = performance.now() - startMs;
    enoughMs ??= nowMs;
    const lateMs = Math.max(...[...outstanding].map(({ pace }) => lateAfterMs(pace, steps, enoughMs!)));
    if (lateMs !== Number.POSITIVE_INFINITY) timer = setTimeout(resolve, Math.max(0, lateMs - nowMs));
  };
  for (const one of asked) {
    void one.answer.then(() => {
      outstanding.delete(one);
      look();
    });
  }
  look();
  await promise;
  clearTimeout(timer);
}

function lateAfterMs(pace: BackendPace | undefined, steps: number, othersMs: number): number {
  if (pace === undefined) return Number.POSITIVE_INFINITY;
  if (pace.latency.count > 0) return steps * pace.lateAfterMs(0);
  return Math.max(LEAST_LATE_MS, LATE_FACTOR * othersMs);
}
