import { setTimeout as sleep } from "node:timers/promises";
import { CorruptDataError, isMillraceError, MillraceError } from "@millrace/base";
import { removeDatabaseFiles } from "../maintenance/backup.ts";
import type { DatabaseOptions } from "../options.ts";
import { partOfCommit } from "../storage/commit-record.ts";
import { Engine } from "../storage/engine.ts";
import { type ReplicaPlace, replicaPlaceOf, setReplicaPlace } from "../storage/meta-page.ts";
import { META_PAGE } from "../storage/page-format.ts";
import type { WriteClaim } from "../storage/write-claim.ts";
import { applyCommits, applyLongCommit } from "./apply-records.ts";
import { ShipHistory } from "./history.ts";
import type { ShipLine } from "./manifest.ts";
import { makeDatabase } from "./restore.ts";
import type { ShippedRecord } from "./segment.ts";
import type { ShipTarget } from "./target.ts";

/** Bytes of a commit that are put in as one; a larger one is read twice. */
const LONG_COMMIT_BYTES = 32 * 1024 * 1024;
/** Longest wait between two looks at a target that fails. */
const MAX_WAIT_MS = 30_000;

/** How far a replica is. */
export interface ReplicaStats {
  readonly target: string;
  /** The last record that can be read here. */
  readonly lsn: number;
  /** Records that were shipped and cannot be read here yet. */
  readonly behind: number;
  /** When the last commit was made that can be read here; undefined before one came since the opening. */
  readonly at: Date | undefined;
  /** Milliseconds by which it is behind what was shipped; 0 when it has all of it. */
  readonly lagMs: number;
  /** Why the last look at the target failed; it is tried again. */
  readonly error: string | undefined;
}

/** Keeps a file like another one, by what that one ships. */
export class Follower {
  readonly engine: Engine;
  readonly #target: ShipTarget;
  readonly #pollMs: number;
  readonly #claim: WriteClaim;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #place: ReplicaPlace;
  #at: Date | undefined;
  #shipped: ShipLine | undefined;
  #failure: unknown;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(engine: Engine, target: ShipTarget, place: ReplicaPlace, pollMs: number) {
    this.engine = engine;
    this.#target = target;
    this.#place = place;
    this.#pollMs = pollMs;
    this.#claim = engine.follow();
    this.#running = this.#run();
  }

  /**
   * Opens a replica, or makes it of what was shipped; one that is too far behind is made anew.
   * @throws MillraceError `DOCDB_REPLICA_FOREIGN` for a file that is no replica, or one of another target
   */
  static async open(
    target: ShipTarget,
    path: string,
    options: Required<DatabaseOptions>,
    pollMs: number,
  ): Promise<Follower> {
    const { vfs } = options;
    if (await vfs.exists(path)) {
      const engine = await Engine.open(path, { ...options, create: false });
      try {
        const place = await engine.read((pager) => replicaPlaceOf(pager.read(META_PAGE)));
        if (place === undefined) throw foreign(path, "is a database of its own");
        if (await isReachable(target, place, path)) return new Follower(engine, target, place, pollMs);
      } catch (error) {
        await engine.close();
        throw error;
      }
      await engine.close();
      await removeDatabaseFiles(vfs, path);
    }
    const history = await ShipHistory.open(target);
    await makeDatabase(history, {}, vfs, path, options, (engine, { line, lsn }) =>
      engine.write((pager) =>
        setReplicaPlace(pager.modify(META_PAGE), { target: history.manifest.target, line, lsn }),
      ),
    );
    return Follower.open(target, path, options, pollMs);
  }

  get stats(): ReplicaStats {
    const { lsn } = this.#place;
    const shipped = this.#shipped;
    const behind = shipped === undefined ? 0 : Math.max(0, shipped.lastLsn - lsn);
    const at = this.#at;
    return {
      target: this.#target.name,
      lsn,
      behind,
      at,
      lagMs: behind === 0 || at === undefined ? 0 : Math.max(0, shipped!.lastMs - at.getTime()),
      error: this.#failure === undefined ? undefined : String((this.#failure as Error).message),
    };
  }

  /** Takes in what was shipped by now. @throws what the target answers; MillraceError `DOCDB_REPLICA_BEHIND` */
  followNow(): Promise<void> {
    const done = this.#turn.then(() => this.#follow());
    this.#turn = done.catch(() => {});
    return done;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#turn;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.followNow();
        failures = 0;
      } catch {
        // Kept for the statistics.
        failures = Math.min(failures + 1, 20);
      }
      const wait = Math.min(this.#pollMs * 2 ** failures, Math.max(MAX_WAIT_MS, this.#pollMs));
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #follow(): Promise<void> {
    try {
      const history = await ShipHistory.open(this.#target);
      const line = lineOf(history, this.#place);
      if (line === undefined || line !== history.manifest.lines.at(-1))
        throw behind(this.engine.path, this.#place);
      this.#shipped = line;
      await this.#takeIn(history, line);
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  async #takeIn(history: ShipHistory, line: ShipLine): Promise<void> {
    let pending: ShippedRecord[] = [];
    let bytes = 0;
    for await (const segment of history.records(line, this.#place.lsn + 1, line.lastLsn)) {
      if (this.#stop.signal.aborted) return;
      for (const record of segment) {
        // What was begun before is not there any more after a crash.
        const { isFirst } = partOfCommit(record.payload);
        if (isFirst)
          pending.length = pending.findLastIndex(({ payload }) => partOfCommit(payload).isLast) + 1;
        pending.push(record);
      }
      const whole = pending.findLastIndex(({ payload }) => partOfCommit(payload).isLast) + 1;
      if (whole > 0) {
        const place = { ...this.#place, lsn: pending[whole - 1]!.lsn };
        await applyCommits(this.engine, this.#claim, pending.slice(0, whole), place);
        this.#moveTo(place, pending[whole - 1]!.atMs);
        pending = pending.slice(whole);
      }
      bytes = pending.reduce((sum, { payload }) => sum + payload.length, 0);
      if (bytes < LONG_COMMIT_BYTES) continue;
      await this.#takeInLong(history, line, pending[0]!.lsn);
      return await this.#takeIn(history, line);
    }
  }

  /** Looks for the end of a commit that is too large to be held, and puts it in when there is one. */
  async #takeInLong(history: ShipHistory, line: ShipLine, firstLsn: number): Promise<void> {
    for await (const segment of history.records(line, firstLsn, line.lastLsn)) {
      const next = segment.find(({ lsn, payload }) => lsn > firstLsn && partOfCommit(payload).isFirst);
      const last = segment.find(({ payload }) => partOfCommit(payload).isLast);
      if (next !== undefined && (last === undefined || next.lsn < last.lsn)) {
        // It was given up by a crash.
        this.#place = { ...this.#place, lsn: next.lsn - 1 };
        return;
      }
      if (last === undefined) continue;
      const place = { ...this.#place, lsn: last.lsn };
      const segments = history.records(line, firstLsn, last.lsn);
      await applyLongCommit(this.engine, this.#claim, segments, place);
      this.#moveTo(place, last.atMs);
      return;
    }
    throw new MillraceError(
      "DOCDB_REPLICA_WAITS",
      `${this.engine.path}: a large commit was not shipped to its end yet`,
    );
  }

  #moveTo(place: ReplicaPlace, atMs: number): void {
    this.#place = place;
    this.#at = new Date(atMs);
  }
}

/** Whether a file follows another one. */
export async function isReplica(engine: Engine): Promise<boolean> {
  try {
    return await engine.read((pager) => replicaPlaceOf(pager.read(META_PAGE)) !== undefined);
  } catch (error) {
    // A damaged page is left to those who read it, and to repair.
    if (error instanceof CorruptDataError) return false;
    throw error;
  }
}

function lineOf({ manifest }: ShipHistory, { line, lsn }: ReplicaPlace): ShipLine | undefined {
  return manifest.lines.find((one) => one.line === line && one.firstLsn <= lsn + 1);
}

/** Whether a replica can go on; also where its target is away just now. */
async function isReachable(target: ShipTarget, place: ReplicaPlace, path: string): Promise<boolean> {
  let history: ShipHistory;
  try {
    history = await ShipHistory.open(target);
  } catch (error) {
    if (isMillraceError(error, "DOCDB_SHIP_MISSING") || isMillraceError(error, "DOCDB_SHIP_CORRUPT"))
      throw error;
    // Read as it is; the statistics tell.
    return true;
  }
  if (history.manifest.target !== place.target)
    throw foreign(path, `follows another target than ${target.name}`);
  const line = lineOf(history, place);
  return line !== undefined && line === history.manifest.lines.at(-1);
}

function foreign(path: string, what: string): MillraceError {
  return new MillraceError(
    "DOCDB_REPLICA_FOREIGN",
    `${path}: ${what}; name a file that is not there, or the replica of this target`,
  );
}

function behind(path: string, { line, lsn }: ReplicaPlace): MillraceError {
  const problem = `is at record ${lsn} of line ${line}, which the target does not go on with; open it again, and it is made anew`;
  return new MillraceError("DOCDB_REPLICA_BEHIND", `${path}: ${problem}`);
}
