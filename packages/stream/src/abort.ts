import { AbortedError } from "@millrace/base";

/** The error for work that `signal` stopped; its cause is the signal's reason. */
export function abortedError(signal: AbortSignal, what: string): AbortedError {
  return new AbortedError("STREAM_WORK_ABORTED", what, { cause: signal.reason });
}

/**
 * Ends work whose signal has been aborted.
 * @param what - the work, as the subject of the message: "reading events.raw" gives "reading events.raw was aborted"
 * @throws AbortedError `STREAM_WORK_ABORTED`, the signal's reason as its cause
 */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw abortedError(signal, what);
}

/**
 * Waits for a promise, but no longer than until the signal is aborted. What the promise stands for goes on.
 *
 * The listener is taken off again: a race against one promise for the whole run would gather a reaction a chunk.
 *
 * @throws AbortedError `STREAM_WORK_ABORTED`
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined, what: string): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortedError(signal, what));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    const stopListening = (): void => signal.removeEventListener("abort", onAbort);
    promise.then(resolve, reject).then(stopListening, stopListening);
  });
}
