import { checkInteger, resolveOptions } from "@millrace/base";
import { abortable, throwIfAborted } from "./abort.ts";
import { disposeIfDisposable } from "./dispose.ts";

/** How an {@link orderedParallelMap} runs. */
export interface ParallelMapOptions {
  /**
   * Most results that are being made or wait for the consumer; 1 to 65,536. A function is asked before each item, and
   * may change its mind. @default 4
   */
  readonly concurrency?: number | (() => number);
  /** Stops it with an AbortedError. @default none */
  readonly signal?: AbortSignal | undefined;
}

/** What an {@link orderedParallelMap} does where nothing is given. */
export const DEFAULT_PARALLEL_MAP_OPTIONS: {
  readonly concurrency: number | (() => number);
  readonly signal: AbortSignal | undefined;
} = Object.freeze({ concurrency: 4, signal: undefined });

/**
 * Maps a source through an asynchronous function, several items at a time, and gives the results in the source's order.
 *
 * It reads the source only while fewer than `concurrency` results are on their way, so a slow consumer holds it up.
 * The first failure of the source or of `map`, in order, ends it; nothing is read after any failure. When it ends
 * early, the source is told to return, the signal that `map` was given is aborted, and results that nobody will see
 * are disposed of, if Disposable, as soon as they come.
 *
 * @param map - owns its item; given a signal that is aborted when its result is no longer wanted
 * @example
 * for await (const packed of orderedParallelMap(chunks, (chunk) => pool.run(chunk), { concurrency: 8 })) write(packed);
 */
export async function* orderedParallelMap<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  map: (item: T, signal: AbortSignal) => Promise<R>,
  given: ParallelMapOptions = {},
): AsyncGenerator<R, void, undefined> {
  const { concurrency, signal } = resolveOptions("stream", DEFAULT_PARALLEL_MAP_OPTIONS, given);
  const most = typeof concurrency === "number" ? () => concurrency : concurrency;
  checkInteger("stream", "concurrency", most(), 1, 65_536);
  throwIfAborted(signal, "parallel map");
  const iterator = iteratorOf(source);
  const stopping = new AbortController();
  const results: Promise<R>[] = [];
  let isReading = false;
  let isEnded = false;
  let hasFailed = false;
  let isSourceOpen = true;
  let wake: (() => void) | undefined;

  const readMore = (): void => {
    if (isReading || isEnded || results.length >= most()) return;
    isReading = true;
    // A first then, for a source whose next() throws at once.
    Promise.resolve()
      .then(() => iterator.next())
      .then(onItem, onSourceError);
  };
  const onItem = (next: IteratorResult<T>): void => {
    isReading = false;
    if (next.done === true) {
      isEnded = true;
      isSourceOpen = false;
    } else if (stopping.signal.aborted) disposeIfDisposable(next.value);
    else add((async () => map(next.value, stopping.signal))());
    readMore();
    wake?.();
  };
  const onSourceError = (error: unknown): void => {
    isReading = false;
    isEnded = true;
    isSourceOpen = false;
    add(Promise.reject(error));
    wake?.();
  };
  const add = (result: Promise<R>): void => {
    results.push(result);
    // Also keeps a failure behind a slow result from counting as unhandled; it is met in its turn.
    result.catch(() => {
      hasFailed = true;
      isEnded = true;
    });
  };

  try {
    for (;;) {
      readMore();
      const head = results[0];
      if (head === undefined) {
        if (isEnded && !isReading) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await abortable(promise, signal, "parallel map");
        continue;
      }
      const result = await abortable(head, signal, "parallel map");
      results.shift();
      readMore();
      yield result;
    }
  } finally {
    isEnded = true;
    if (isSourceOpen || results.length > 0) stopping.abort();
    for (const result of results) result.then(disposeIfDisposable, () => {});
    if (isSourceOpen) {
      const hasBetterError = hasFailed || signal?.aborted === true;
      const returned = (async () => iterator.return?.())().catch((error: unknown) => {
        // What is on its way to the consumer says more than a failure to clean up after it.
        if (!hasBetterError) throw error;
      });
      // While it is inside next(), a source's return() waits for that, which may be for ever; nobody is left then to
      // hear of its failure.
      if (isReading) returned.catch(() => {});
      else await returned;
    }
  }
}

function iteratorOf<T>(source: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}
