import { seededRandom } from "@millrace/base";

/** One version of an object: which bytes, and how many; undefined where there is none. */
export type Version = { readonly seed: number; readonly bytes: number } | undefined;

/** The bytes of a version. */
export function soakBytes({ seed, bytes }: NonNullable<Version>): Uint8Array {
  return seededRandom(seed).fill(new Uint8Array(bytes));
}

/** What each object may be: one version, and those that writers are at, or failed at. */
export class SoakModel {
  readonly names: readonly string[];
  readonly #possible = new Map<string, Version[]>();
  readonly #busy = new Set<string>();
  /** Those who read, by object: each is told of what is written meanwhile. */
  readonly #watchers = new Map<string, Set<Version[]>>();

  constructor(names: readonly string[]) {
    this.names = names;
    for (const name of names) this.#possible.set(name, [undefined]);
  }

  /** Call it before a read; what it returns, after the read, says which versions may have been seen. */
  watch(name: string): () => readonly Version[] {
    const seen = [...this.#possible.get(name)!];
    const watchers = this.#watchers.get(name) ?? new Set();
    this.#watchers.set(name, watchers.add(seen));
    return () => {
      watchers.delete(seen);
      return seen;
    };
  }

  /** Writes while nobody else writes this object; does nothing when somebody does. @throws what `work` throws */
  async write(name: string, next: Version, work: () => Promise<unknown>): Promise<void> {
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    // Where it fails, it may have come to pass all the same: a later write, or a look at it in peace, decides.
    this.#possible.get(name)!.push(next);
    for (const seen of this.#watchers.get(name) ?? []) seen.push(next);
    try {
      await work();
      this.#possible.set(name, [next]);
    } finally {
      this.#busy.delete(name);
    }
  }

  /** Whether bytes from `start` on are those of a version; the object's end where `isToEnd`. */
  static fits(versions: readonly Version[], found: Uint8Array | undefined, start = 0, end?: number): boolean {
    return versions.some((version) => {
      if (version === undefined || found === undefined) return version === found;
      return Buffer.compare(soakBytes(version).subarray(start, end), found) === 0;
    });
  }

  /** In peace: an object is one of what it may be, from now on that one. */
  settle(name: string, found: Uint8Array | undefined): boolean {
    const fitting = this.#possible.get(name)!.filter((one) => SoakModel.fits([one], found));
    this.#possible.set(name, fitting.slice(0, 1));
    return fitting.length > 0;
  }
}
