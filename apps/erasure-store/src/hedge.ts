/** How {@link hedge} asks. */
export interface HedgeOptions<T> {
  /** Asks one; it must not fail, and end soon when its signal is aborted. */
  readonly ask: (item: T, signal: AbortSignal) => Promise<void>;
  /** Whether what was answered is enough. */
  readonly isEnough: () => boolean;
  /** After how many milliseconds an item is late. */
  readonly lateAfterMs: (item: T) => number;
}

/**
 * Asks all of `first`, and one of `spare` for each that is late, until the answers are enough; the others are cancelled.
 *
 * Source: Dean and Barroso, "The Tail at Scale", 2013: hedged requests.
 *
 * @param spare - those that are asked are taken out
 */
export async function hedge<T>(
  first: readonly T[],
  spare: T[],
  { ask, isEnough, lateAfterMs }: HedgeOptions<T>,
): Promise<void> {
  const controller = new AbortController();
  const running = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  let wake = (): void => {};
  const start = (item: T): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      const next = spare.shift();
      if (next !== undefined && !controller.signal.aborted) start(next);
      wake();
    }, lateAfterMs(item));
    timers.add(timer);
    const answer = ask(item, controller.signal).finally(() => {
      clearTimeout(timer);
      timers.delete(timer);
      running.delete(answer);
      wake();
    });
    running.add(answer);
  };
  for (const item of first) start(item);
  while (running.size > 0 && !isEnough()) {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    await promise;
  }
  controller.abort();
  for (const timer of timers) clearTimeout(timer);
  await Promise.allSettled(running);
}
