/** What a browser says of its memory, where it does: Chrome's own `performance.memory`. */
interface HeapReadings {
  readonly memory?: { readonly jsHeapSizeLimit?: number; readonly usedJSHeapSize?: number };
}

/** Where a browser says nothing: what a page may take in all of them. */
const ASSUMED_BYTES = 1024 * 1024 * 1024;

/**
 * Bytes this page may still take: of the engine's heap where the browser tells, else 1 GiB.
 * @param readings - what to judge. @default what the browser says now
 */
export function availableMemoryBytes(readings: HeapReadings = performance as HeapReadings): number {
  const { jsHeapSizeLimit, usedJSHeapSize = 0 } = readings.memory ?? {};
  if (jsHeapSizeLimit === undefined) return ASSUMED_BYTES;
  return Math.max(0, jsHeapSizeLimit - usedJSHeapSize);
}
