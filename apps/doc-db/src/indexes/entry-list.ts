import { GrowableUint8, GrowableUint32 } from "@millrace/buffers";

/** Entries of {@link EntryList.eachSorted} are told apart by 32 bits of their keys and 20 of their numbers. */
const MAX_SORTED_BY_NUMBER = 2 ** 20;
const ENTRY_WORDS = 3;

/**
 * Index entries of many documents, in a few large arrays: keys lie one behind the other, sorted when they are asked
 * for. An object for each entry would cost the garbage collector more than the sort.
 */
export class EntryList {
  readonly #bytes = new GrowableUint8({ initialCapacity: 64 * 1024 });
  /** For each entry where its key begins and ends, and how many bytes of it are the document's `_id`. */
  readonly #entries = new GrowableUint32({ initialCapacity: 4096 });

  get count(): number {
    return this.#entries.length / ENTRY_WORDS;
  }

  /** Adds the first `length` bytes of a value's key, and the document's `_id` key behind it. */
  add(key: Uint8Array, length: number, idKey: Uint8Array): void {
    const start = this.#bytes.length;
    this.#bytes.pushMany(key, 0, length);
    this.#bytes.pushMany(idKey);
    this.#entries.push(start);
    this.#entries.push(this.#bytes.length);
    this.#entries.push(idKey.length);
  }

  /** Gives each entry by ascending key. @param visit - gets bytes that are other ones at the next call */
  eachSorted(visit: (key: Uint8Array, idBytes: number) => void): void {
    const bytes = this.#bytes.view();
    const entries = this.#entries.view();
    let key = new Uint8Array(0);
    for (const i of sortedOrder(bytes, entries, this.count)) {
      const start = entries[i * ENTRY_WORDS]!;
      const length = entries[i * ENTRY_WORDS + 1]! - start;
      if (key.length !== length) key = new Uint8Array(length);
      for (let n = 0; n < length; n++) key[n] = bytes[start + n]!;
      visit(key, entries[i * ENTRY_WORDS + 2]!);
    }
  }
}

/** The entries' numbers in the order of their keys. */
function sortedOrder(
  bytes: Uint8Array,
  entries: Uint32Array,
  count: number,
): ArrayLike<number> & Iterable<number> {
  const compare = (a: number, b: number): number =>
    compareRanges(
      bytes,
      entries[a * ENTRY_WORDS]!,
      entries[a * ENTRY_WORDS + 1]!,
      entries[b * ENTRY_WORDS]!,
      entries[b * ENTRY_WORDS + 1]!,
    );
  if (count > MAX_SORTED_BY_NUMBER) return Array.from({ length: count }, (_, i) => i).sort(compare);
  // The engine sorts numbers many times as fast as it calls a function to compare: the beginning of a key decides
  // nearly always. Its first byte is the type, mostly the same one, and left out then.
  const skip = hasOneType(bytes, entries, count) ? 1 : 0;
  const sorted = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = entries[i * ENTRY_WORDS]! + skip;
    // Keys are longer than that with their `_id`, of two bytes at the least; what lies behind is the next key's.
    const end = entries[i * ENTRY_WORDS + 1]!;
    sorted[i] = beginning(bytes, start, end) * MAX_SORTED_BY_NUMBER + i;
  }
  sorted.sort();
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = sorted[i]! % MAX_SORTED_BY_NUMBER;
  for (let from = 0; from < count; ) {
    const prefix = Math.floor(sorted[from]! / MAX_SORTED_BY_NUMBER);
    let to = from + 1;
    while (to < count && Math.floor(sorted[to]! / MAX_SORTED_BY_NUMBER) === prefix) to++;
    if (to - from > 1) order.subarray(from, to).sort(compare);
    from = to;
  }
  return order;
}

function hasOneType(bytes: Uint8Array, entries: Uint32Array, count: number): boolean {
  for (let i = 1; i < count; i++) if (bytes[entries[i * ENTRY_WORDS]!] !== bytes[entries[0]!]) return false;
  return true;
}

/** The next four bytes of a key as a number; zeros behind its end, which nothing is below. */
function beginning(bytes: Uint8Array, start: number, end: number): number {
  let word = 0;
  for (let i = 0; i < 4; i++) word = word * 256 + (start + i < end ? bytes[start + i]! : 0);
  return word;
}

function compareRanges(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): number {
  const n = Math.min(aEnd - a, bEnd - b);
  for (let i = 0; i < n; i++) {
    const order = bytes[a + i]! - bytes[b + i]!;
    if (order !== 0) return order;
  }
  return aEnd - a - (bEnd - b);
}
