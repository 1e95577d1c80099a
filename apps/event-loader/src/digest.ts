import { CapacityError, checkInteger, resolveOptions, writeU16, writeU64 } from "@millrace/base";
import { GrowableFloat64 } from "@millrace/buffers";
import { newHasher } from "@millrace/compress";
import type { EventChunk } from "./event-rows.ts";

/** How much a digest may hold. */
export interface DigestOptions {
  /** Memory for events that wait for their order, in bytes, about 8 an event; at least 1 MiB. @default 128 MiB */
  readonly limitBytes?: number;
}

/** What {@link DigestOptions} are when they are not given. */
export const DEFAULT_DIGEST_OPTIONS: Required<DigestOptions> = Object.freeze({
  limitBytes: 128 * 1024 * 1024,
});

/** Events and their digest. */
export interface EventDigest {
  readonly events: number;
  /** SHA-256 in lower-case hexadecimal. */
  readonly digest: string;
}

/** Span of a bucket: 65.5 ms. A key below has 33 bits of x, y and p, and so 20 bits at most for the time. */
const BUCKET_US = 2 ** 16;
const X_UNIT = 2 ** 17;
const TIME_UNIT = 2 ** 33;
const TWO_32 = 2 ** 32;
const EVENT_BYTES = 13;
const EVENTS_PER_UPDATE = 4096;
/** What a bucket costs beside its keys, roughly. */
const BUCKET_BYTES = 512;

/**
 * The canonical digest of events, which does not depend on the order in which they come.
 *
 * Events sorted by (t, x, y, p), each packed little-endian as x u16, y u16, p u8, t i64 (13 bytes), SHA-256 over all.
 *
 * Exact for any order as long as the events fit in `limitBytes`. Beyond that it streams: the earliest 65.5 ms are
 * sorted, hashed and let go whenever the memory is full, which is exact for recordings that are sorted but for a
 * last window of that size.
 *
 * @throws CapacityError `EVENTS_DIGEST_ORDER` when an event comes that belongs before what was let go
 */
export async function digestEvents(
  chunks: AsyncIterable<EventChunk> | Iterable<EventChunk>,
  options?: DigestOptions,
): Promise<EventDigest> {
  const { limitBytes } = resolveOptions<Required<DigestOptions>>("events", DEFAULT_DIGEST_OPTIONS, options);
  checkInteger("events", "limitBytes", limitBytes, 2 ** 20, Number.MAX_SAFE_INTEGER);
  const window = new SortingWindow(limitBytes);
  for await (const chunk of chunks) {
    using held = chunk;
    window.add(held);
  }
  return window.finish();
}

/** Sorts events in buckets of time; each event is one number that orders it inside its bucket. */
class SortingWindow {
  readonly #limitBytes: number;
  readonly #hasher = newHasher("sha256");
  readonly #packed = new Uint8Array(EVENTS_PER_UPDATE * EVENT_BYTES);
  readonly #buckets = new Map<number, GrowableFloat64>();
  #heldBytes = 0;
  #events = 0;
  /** Buckets up to this one are hashed and gone. */
  #lastClosed = Number.NEGATIVE_INFINITY;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(chunk: EventChunk): void {
    const words = chunk.words("t");
    const { x, y, p } = chunk.columns;
    const { rowCount } = chunk;
    for (let start = 0; start < rowCount; ) {
      const bucket = Math.floor(timeAt(words, start) / BUCKET_US);
      const keys = this.#bucketOf(bucket);
      const bytesBefore = 8 * keys.capacity;
      start = appendKeys(keys, bucket * BUCKET_US, words, x, y, p, start, rowCount);
      this.#heldBytes += 8 * keys.capacity - bytesBefore;
      while (this.#heldBytes > this.#limitBytes) this.#closeEarliest();
    }
    this.#events += rowCount;
  }

  finish(): EventDigest {
    while (this.#buckets.size > 0) this.#closeEarliest();
    return { events: this.#events, digest: this.#hasher.digestHex() };
  }

  #bucketOf(bucket: number): GrowableFloat64 {
    const found = this.#buckets.get(bucket);
    if (found !== undefined) return found;
    if (bucket <= this.#lastClosed) {
      throw new CapacityError(
        "EVENTS_DIGEST_ORDER",
        "sorting events that are far out of order",
        Math.max(this.#limitBytes + 1, 16 * this.#events),
        this.#limitBytes,
      );
    }
    const keys = new GrowableFloat64({ initialCapacity: 64 });
    this.#heldBytes += BUCKET_BYTES + 8 * keys.capacity;
    this.#buckets.set(bucket, keys);
    return keys;
  }

  #closeEarliest(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const bucket of this.#buckets.keys()) if (bucket < earliest) earliest = bucket;
    const keys = this.#buckets.get(earliest)!;
    this.#hash(keys.view().sort(), earliest * BUCKET_US);
    this.#buckets.delete(earliest);
    this.#heldBytes -= BUCKET_BYTES + 8 * keys.capacity;
    this.#lastClosed = earliest;
  }

  #hash(keys: Float64Array, baseTime: number): void {
    const packed = this.#packed;
    for (let start = 0; start < keys.length; start += EVENTS_PER_UPDATE) {
      const end = Math.min(keys.length, start + EVENTS_PER_UPDATE);
      packKeys(keys, start, end, baseTime, packed);
      this.#hasher.update(packed.subarray(0, (end - start) * EVENT_BYTES));
    }
  }
}

function timeAt(words: Int32Array, row: number): number {
  return words[2 * row + 1]! * TWO_32 + (words[2 * row]! >>> 0);
}

/** Appends the events from `start` on that belong to the bucket. @returns the first row that does not */
function appendKeys(
  keys: GrowableFloat64,
  baseTime: number,
  words: Int32Array,
  x: Uint16Array,
  y: Uint16Array,
  p: Uint8Array,
  start: number,
  end: number,
): number {
  let row = start;
  for (; row < end; row++) {
    const time = timeAt(words, row) - baseTime;
    if (time < 0 || time >= BUCKET_US) break;
    keys.push(time * TIME_UNIT + x[row]! * X_UNIT + 2 * y[row]! + (p[row]! & 1));
  }
  return row;
}

function packKeys(
  keys: Float64Array,
  start: number,
  end: number,
  baseTime: number,
  packed: Uint8Array,
): void {
  let at = 0;
  for (let i = start; i < end; i++) {
    const key = keys[i]!;
    const time = Math.floor(key / TIME_UNIT);
    const rest = key - time * TIME_UNIT;
    const x = Math.floor(rest / X_UNIT);
    const yp = rest - x * X_UNIT;
    writeU16(packed, at, x);
    writeU16(packed, at + 2, yp >>> 1);
    packed[at + 4] = yp & 1;
    writeU64(packed, at + 5, baseTime + time);
    at += EVENT_BYTES;
  }
}
