import type { PageReader } from "./page-reader.ts";

/** Bytes of old pages kept for readers of earlier moments; beyond it the moments are lost. */
const MAX_BYTES = 64 * 1024 * 1024;

/** One moment of the database: what was committed until then, and nothing that came later. */
export interface Moment extends PageReader {
  /** How many commits there were. */
  readonly commits: number;
  /** False when the moment can be read no more. */
  readonly isThere: boolean;
  close(): void;
}

interface Version {
  /** The page was so until the commit of this number. */
  readonly until: number;
  readonly bytes: Uint8Array;
}

/** Pages as they were before commits, for as long as somebody reads an earlier moment. */
export class PageVersions {
  #commits = 0;
  #bytes = 0;
  readonly #moments = new Set<{ commits: number; isThere: boolean }>();
  readonly #versions = new Map<number, Version[]>();

  /** Commits so far. */
  get commits(): number {
    return this.#commits;
  }

  /** Whether the next commit's old pages are wanted. */
  get isWatched(): boolean {
    return this.#moments.size > 0;
  }

  /** @param lost - what a read throws once the moment is gone */
  open(current: PageReader, lost: () => never): Moment {
    const state = { commits: this.#commits, isThere: true };
    this.#moments.add(state);
    return {
      commits: state.commits,
      path: current.path,
      pageBytes: current.pageBytes,
      get isThere() {
        return state.isThere;
      },
      read: (number) => {
        if (!state.isThere) return lost();
        const old = this.#versions.get(number)?.find(({ until }) => until > state.commits);
        return old?.bytes ?? current.read(number);
      },
      close: () => {
        state.isThere = false;
        this.#moments.delete(state);
        this.#forgetUnread();
      },
    };
  }

  /** Keeps a page as it was before the commit that is being made. */
  keep(number: number, bytes: Uint8Array): void {
    const list = this.#versions.get(number);
    const version = { until: this.#commits + 1, bytes };
    if (list === undefined) this.#versions.set(number, [version]);
    else list.push(version);
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_BYTES) this.forgetAll();
  }

  /** Counts a commit. */
  advance(): void {
    this.#commits++;
  }

  /** Every earlier moment is lost: before pages change that are not kept. */
  forgetAll(): void {
    for (const state of this.#moments) state.isThere = false;
    this.#moments.clear();
    this.#forgetUnread();
  }

  #forgetUnread(): void {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { commits } of this.#moments) oldest = Math.min(oldest, commits);
    for (const [number, list] of this.#versions) {
      const kept = list.filter(({ until }) => until > oldest);
      this.#bytes -= list
        .slice(0, list.length - kept.length)
        .reduce((sum, { bytes }) => sum + bytes.length, 0);
      if (kept.length === 0) this.#versions.delete(number);
      else this.#versions.set(number, kept);
    }
  }
}
