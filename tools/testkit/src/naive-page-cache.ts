/** Who is evicted: the least recently used, or whom the SIEVE algorithm picks. */
export type CachePolicy = "lru" | "sieve";

/** One entry of the model. */
export interface NaiveEntry {
  readonly key: number;
  value: number;
  byteLength: number;
  isVisited: boolean;
  isDirty: boolean;
  pins: number;
}

/** What `set` did, in words, so that both sides can be compared whole. */
export type SetOutcome = "ok" | "CACHE_VALUE_TOO_LARGE" | "CACHE_ENTRIES_PINNED";

/**
 * The model the real cache is held against: arrays, linear searches, no cleverness.
 * SIEVE as in algorithm 1 of the NSDI 2024 paper, with pinned objects passed over.
 */
export class NaivePageCache {
  /** Newest first, as in the paper's figures. */
  queue: NaiveEntry[] = [];
  evicted: [number, number, boolean][] = [];
  hits = 0;
  misses = 0;
  #hand: NaiveEntry | undefined;

  readonly policy: CachePolicy;
  readonly capacityBytes: number;
  readonly capacityEntries: number;

  constructor(policy: CachePolicy, capacityBytes: number, capacityEntries: number) {
    this.policy = policy;
    this.capacityBytes = capacityBytes;
    this.capacityEntries = capacityEntries;
  }

  find(key: number): NaiveEntry | undefined {
    return this.queue.find((entry) => entry.key === key);
  }

  bytes(): number {
    return this.queue.reduce((sum, entry) => sum + entry.byteLength, 0);
  }

  use(entry: NaiveEntry): void {
    entry.isVisited = true;
    if (this.policy === "lru") this.queue = [entry, ...this.queue.filter((other) => other !== entry)];
  }

  get(key: number): number | undefined {
    const entry = this.find(key);
    if (entry === undefined) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.use(entry);
    return entry.value;
  }

  set(key: number, value: number, byteLength: number): SetOutcome {
    if (byteLength > this.capacityBytes) return "CACHE_VALUE_TOO_LARGE";
    const old = this.find(key);
    const held = this.queue.filter((entry) => entry.pins > 0 && entry !== old);
    const heldBytes = held.reduce((sum, entry) => sum + entry.byteLength, 0);
    if (held.length + 1 > this.capacityEntries || heldBytes + byteLength > this.capacityBytes) {
      return "CACHE_ENTRIES_PINNED";
    }
    if (old !== undefined) old.pins++;
    const moreEntries = old === undefined ? 1 : 0;
    const moreBytes = byteLength - (old?.byteLength ?? 0);
    while (
      this.queue.length + moreEntries > this.capacityEntries ||
      this.bytes() + moreBytes > this.capacityBytes
    ) {
      const victim = this.policy === "lru" ? this.#lruVictim() : this.#sieveVictim();
      this.evicted.push([victim.key, victim.value, victim.isDirty]);
      this.remove(victim);
    }
    if (old === undefined) {
      this.queue.unshift({ key, value, byteLength, isVisited: false, isDirty: false, pins: 0 });
    } else {
      old.pins--;
      old.value = value;
      old.byteLength = byteLength;
      this.use(old);
    }
    return "ok";
  }

  remove(entry: NaiveEntry): void {
    const at = this.queue.indexOf(entry);
    if (this.#hand === entry) this.#hand = this.queue[at - 1];
    this.queue.splice(at, 1);
  }

  clear(): void {
    this.queue = [];
    this.#hand = undefined;
  }

  #lruVictim(): NaiveEntry {
    return this.queue.findLast((entry) => entry.pins === 0)!;
  }

  #sieveVictim(): NaiveEntry {
    let at = this.#hand === undefined ? this.queue.length - 1 : this.queue.indexOf(this.#hand);
    for (;;) {
      const entry = this.queue[at]!;
      if (entry.pins === 0) {
        if (!entry.isVisited) {
          this.#hand = entry;
          return entry;
        }
        entry.isVisited = false;
      }
      at = at === 0 ? this.queue.length - 1 : at - 1;
    }
  }
}
