import { randomBytes } from "node:crypto";
import { checkInteger } from "@millrace/base";
import { throwIfAborted } from "@millrace/stream";
import { reportStages, type StageReport } from "./stats.ts";
import type { ErasureStore } from "./store.ts";

/** What a store does on these backends. */
export interface BenchResult extends StageReport {
  readonly bytes: number;
  readonly putBytesPerSecond: number;
  readonly getBytesPerSecond: number;
  readonly smallObjects: number;
  readonly smallPutsPerSecond: number;
}

const CHUNK_BYTES = 1024 * 1024;
const SMALL_BYTES = 4096;
const SMALL_OBJECTS = 200;
const SMALL_AT_A_TIME = 8;

/**
 * Measures a store with objects of its own, under `.bench/`, which are removed in the end.
 * @param bytes - of the large object, a MiB and more
 */
export async function benchStore(
  store: ErasureStore,
  bytes: number,
  signal?: AbortSignal,
): Promise<BenchResult> {
  checkInteger("store bench", "bytes", bytes, CHUNK_BYTES, Number.MAX_SAFE_INTEGER);
  const name = `.bench/${crypto.randomUUID()}`;
  const chunk = new Uint8Array(randomBytes(CHUNK_BYTES));
  const count = Math.floor(bytes / CHUNK_BYTES);
  const made: string[] = [];
  try {
    let startMs = performance.now();
    made.push(name);
    await store.put(name, repeated(chunk, count), { signal });
    const putMs = performance.now() - startMs;
    startMs = performance.now();
    let read = 0;
    for await (const piece of store.get(name, { signal })) read += piece.length;
    const getMs = performance.now() - startMs;
    startMs = performance.now();
    for (let first = 0; first < SMALL_OBJECTS; first += SMALL_AT_A_TIME) {
      throwIfAborted(signal, "measuring");
      const names = Array.from({ length: SMALL_AT_A_TIME }, (_, i) => `${name}-${first + i}`);
      made.push(...names);
      await Promise.all(names.map((small) => store.put(small, [chunk.subarray(0, SMALL_BYTES)])));
    }
    const smallMs = performance.now() - startMs;
    return {
      bytes: read,
      putBytesPerSecond: Math.round((read / putMs) * 1000),
      getBytesPerSecond: Math.round((read / getMs) * 1000),
      smallObjects: SMALL_OBJECTS,
      smallPutsPerSecond: Math.round((SMALL_OBJECTS / smallMs) * 1000),
      ...reportStages(store.metrics),
    };
  } finally {
    // One that was never stored is fine.
    for (const object of made) await store.remove(object).catch(() => {});
  }
}

function* repeated(chunk: Uint8Array, count: number): Generator<Uint8Array, void, undefined> {
  for (let i = 0; i < count; i++) yield chunk;
}
