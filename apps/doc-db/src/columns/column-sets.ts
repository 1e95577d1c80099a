import { ColumnSet } from "./column-set.ts";

/** The part of the page cache's size that columns may take beside it. */
const FRACTION = 8;
/** Sets that are known at once, and the fields of one, at the most. */
const MAX_SETS = 32;
const MAX_FIELDS = 8;

/** What columns are doing, for statistics. */
export interface ColumnStats {
  readonly sets: number;
  readonly bytes: number;
  /** Documents that were looked at in columns, and not in their pages. */
  readonly rows: number;
  /** Documents that were put into columns: rows divided by this is how often they were of use. */
  readonly made: number;
}

/**
 * Columns of the fields that scans have looked at, so that the next scan of the same fields reads little memory.
 *
 * The first scan of some fields makes none: it may be the only one. All columns together take at most an eighth of
 * what the page cache may; those not used for longest go first.
 */
export class ColumnSets {
  /** Rows read, and made; counted by who does it. */
  rows = 0;
  made = 0;
  readonly #limitBytes: number;
  /** By tree and fields, in the order of their last use; undefined for what was scanned once. */
  readonly #sets = new Map<string, ColumnSet | undefined>();

  constructor(cacheBytes: number) {
    this.#limitBytes = cacheBytes / FRACTION;
  }

  /** The columns of a tree for a scan that looks at these fields; undefined where it has to do without. */
  setFor(root: number, fields: readonly string[]): ColumnSet | undefined {
    if (fields.length === 0 || fields.length > MAX_FIELDS) return undefined;
    const key = JSON.stringify([root, ...fields]);
    const isKnown = this.#sets.has(key);
    let set = this.#sets.get(key);
    this.#sets.delete(key);
    if (isKnown && set === undefined) {
      set = new ColumnSet(fields, (bytes) => this.#makeRoom(bytes, key));
      if (!this.#makeRoom(set.bytes, key)) set.giveUp();
    }
    if (this.#sets.size === MAX_SETS) {
      const [oldest, itsSet] = this.#sets.entries().next().value!;
      // A scan that still reads it would not be told of changes.
      itsSet?.giveUp();
      this.#sets.delete(oldest);
    }
    this.#sets.set(key, set);
    return set === undefined || set.isGivenUp ? undefined : set;
  }

  /** Forgets what is known of a page that changes. */
  drop(page: number): void {
    if (this.#sets.size > 0) for (const set of this.#sets.values()) set?.drop(page);
  }

  get stats(): ColumnStats {
    const there = [...this.#sets.values()].filter((set) => set !== undefined && !set.isGivenUp);
    return { sets: there.length, bytes: this.#bytes, rows: this.rows, made: this.made };
  }

  get #bytes(): number {
    let bytes = 0;
    for (const set of this.#sets.values()) bytes += set?.bytes ?? 0;
    return bytes;
  }

  /** @param own - of the set that asks, which stays */
  #makeRoom(bytes: number, own: string): boolean {
    for (const [key, set] of this.#sets) {
      if (this.#bytes + bytes <= this.#limitBytes) return true;
      if (key === own || set === undefined || set.isGivenUp) continue;
      set.giveUp();
      this.#sets.delete(key);
    }
    return this.#bytes + bytes <= this.#limitBytes;
  }
}
