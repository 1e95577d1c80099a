import { throwIfAborted } from "@millrace/stream";
import type { ShardBackend } from "./backend.ts";
import { commitVersion, type ReadBefore } from "./commit.ts";
import type { Manifest } from "./manifest.ts";
import { isBackendAway, readManifests, withLock } from "./manifests.ts";
import type { StoreContext } from "./store-context.ts";

/** Small objects that are committed together. */
const MOST_AT_A_TIME = 64;
/** The lock is kept for those that come meanwhile, but given to the next writer after so long. */
const MOST_LOCKED_MS = 50;

/** A small object that waits for the lock. */
interface Waiter {
  readonly key: string;
  readonly version: Omit<Manifest, "generation">;
  readonly signal: AbortSignal | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Commits small objects together: those that come while the lock is waited for, or held, share the next one. */
export class InlineCommits {
  readonly #context: StoreContext;
  readonly #waiting = new Set<Waiter>();
  #isRunning = false;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Puts a version of a small object in force. @throws as `commitVersion` */
  commit(key: string, version: Omit<Manifest, "generation">, signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal, `storing "${version.object}"`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.add({ key, version, signal, resolve, reject });
    if (!this.#isRunning) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // What is asked for in this turn of the event loop comes along.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      try {
        await withLock(this.#context.backends, this.#commonSignal(), () => this.#commitGroups());
      } catch (error) {
        // There is no lock: nothing was begun.
        for (const waiter of this.#takeAll()) waiter.reject(error);
      }
    }
    this.#isRunning = false;
  }

  /** The wait for the lock ends early only for who waits alone; others are told when it is their turn. */
  #commonSignal(): AbortSignal | undefined {
    const [first, ...others] = this.#waiting;
    return others.length === 0 ? first?.signal : undefined;
  }

  async #commitGroups(): Promise<void> {
    const endMs = performance.now() + MOST_LOCKED_MS;
    do await this.#commitGroup();
    while (this.#waiting.size > 0 && performance.now() < endMs);
  }

  async #commitGroup(): Promise<void> {
    const group = new Map<string, Waiter>();
    for (const waiter of this.#waiting) {
      if (group.size === MOST_AT_A_TIME) break;
      // Two versions of one object come one after the other.
      if (group.has(waiter.key)) continue;
      group.set(waiter.key, waiter);
      this.#waiting.delete(waiter);
    }
    const waiters = [...group.values()];
    const { backends } = this.#context;
    const all = await Promise.all(waiters.map(({ key }) => readManifests(backends, key)));
    // A backend whose disk is away has no copies either: it is looked for once, after all copies.
    const away = new Map<ShardBackend, boolean>();
    const isAway = (backend: ShardBackend): boolean => {
      const known = away.get(backend) ?? isBackendAway(backend);
      away.set(backend, known);
      return known;
    };
    await Promise.all(waiters.map((waiter, i) => this.#commitOne(waiter, { found: all[i]!, isAway })));
  }

  async #commitOne({ key, version, signal, resolve, reject }: Waiter, read: ReadBefore): Promise<void> {
    try {
      throwIfAborted(signal, `storing "${version.object}"`);
      await commitVersion(this.#context, key, version, version.parityShards + 1, read);
      resolve();
    } catch (error) {
      reject(error);
    }
  }

  #takeAll(): Waiter[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    return all;
  }
}
