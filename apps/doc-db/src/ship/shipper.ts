import { setTimeout as sleep } from "node:timers/promises";
import { crc32c, MillraceError } from "@millrace/base";
import type { Engine } from "../storage/engine.ts";
import { BaseCopy } from "./base-copy.ts";
import { CommitTimes } from "./commit-times.ts";
import { baseKey, encodeChecked, type ShipLine, type ShipManifest, segmentKey } from "./manifest.ts";
import type { ShipOptions } from "./options.ts";
import { OwnManifest } from "./own-manifest.ts";
import { retire, sweep } from "./retention.ts";
import { encodeSegment } from "./segment.ts";
import type { ShipStats } from "./ship-stats.ts";
import type { ShipTarget } from "./target.ts";
import { flushForShipping, goesOnFrom, recordsBehind } from "./unshipped-log.ts";

/** Longest wait between two attempts at a target that fails. */
const MAX_WAIT_MS = 30_000;
/** A copy is made anew when so much log has come since the last one, and twice the file. */
const LEAST_LOG_BYTES = 64 * 1024 * 1024;
/** Segments that the manifest names. */
const RECENT_SEGMENTS = 64;

/**
 * Sends copies of a file and its log to a target, beside the database's work: commits wait for none of it.
 *
 * The log itself is the queue. What was not shipped stays in it after a checkpoint, up to a limit.
 */
export class Shipper {
  readonly #engine: Engine;
  readonly #target: ShipTarget;
  readonly #options: Required<ShipOptions>;
  readonly #clock: () => Date;
  readonly #times = new CommitTimes();
  readonly #stop = new AbortController();
  readonly #stopListening: () => void;
  readonly #running: Promise<void>;
  readonly #manifest: OwnManifest;
  /** Of the log, from here on: it was not shipped. */
  #keepLsn = 0;
  #copy: BaseCopy | undefined;
  /** Bytes of log since the last copy. */
  #bytesSince = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: unknown;

  constructor(engine: Engine, target: ShipTarget, options: Required<ShipOptions>, clock: () => Date) {
    this.#engine = engine;
    this.#target = target;
    this.#manifest = new OwnManifest(target);
    this.#options = options;
    this.#clock = clock;
    if (engine.isReadOnly)
      throw new MillraceError(
        "DOCDB_REPLICA_WRITE",
        `${engine.path}: a replica is not shipped; ship what it follows`,
      );
    // What is shipped is the log: all of it has to be in there.
    engine.pager.placesNewPages = false;
    engine.checkpoints.keepLogFrom = () =>
      this.#manifest.isTaken || engine.pager.wal.stats.bytes > options.logLimitBytes
        ? Number.POSITIVE_INFINITY
        : this.#keepLsn;
    this.#stopListening = engine.onCommit(() => this.#times.note(engine.pager.lastLsn, this.#now));
    this.#running = this.#run();
  }

  get stats(): ShipStats {
    const { line, current } = this.#manifest;
    const lsn = line?.lastLsn ?? 0;
    return {
      target: this.#target.name,
      line: line?.line ?? 0,
      lsn,
      behind: this.#engine.pager.lastLsn - lsn,
      at: line === undefined ? undefined : new Date(line.lastMs),
      bases: current?.lines.reduce((sum, { bases }) => sum + bases.length, 0) ?? 0,
      error: this.#failure === undefined ? undefined : String((this.#failure as Error).message),
    };
  }

  /** Ships what is durable by now, and a copy of the file where one is due. @throws what the target answers */
  shipNow(): Promise<void> {
    return this.#inTurn(Number.POSITIVE_INFINITY);
  }

  /** Makes a last attempt; what cannot be shipped stays in the log, for the next opening. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    try {
      const hasCopy = (this.#manifest.line?.bases.length ?? 0) > 0;
      if (!this.#manifest.isTaken) await this.#inTurn(hasCopy ? 0 : Number.POSITIVE_INFINITY);
    } catch {
      // The database is as safe as it was: the statistics say that the target is behind, and the next opening goes on.
    }
    this.#copy?.close();
    this.#stopListening();
  }

  get #now(): number {
    return this.#clock().getTime();
  }

  async #run(): Promise<void> {
    const { intervalMs } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted && !this.#manifest.isTaken) {
      try {
        await this.#inTurn(intervalMs);
        failures = 0;
      } catch {
        // Kept for the statistics.
        failures = Math.min(failures + 1, 20);
      }
      const longest = Math.max(MAX_WAIT_MS, intervalMs);
      const wait = this.#copy !== undefined && failures === 0 ? 0 : intervalMs * 2 ** failures;
      await sleep(Math.min(wait, longest), undefined, { signal, ref: false }).catch(() => {});
    }
  }

  #inTurn(copyMs: number): Promise<void> {
    const done = this.#turn.then(() => this.#ship(copyMs));
    this.#turn = done.catch(() => {});
    return done;
  }

  /** @param copyMs - how long it may go on with a copy of the file */
  async #ship(copyMs: number): Promise<void> {
    try {
      if (this.#manifest.current === undefined) await this.#begin();
      await this.#shipLog();
      await this.#copyFile(copyMs);
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** Looks whether the target's last line is this log. */
  async #begin(): Promise<void> {
    const manifest = await this.#manifest.read();
    const last = manifest.lines.at(-1);
    const { pager } = this.#engine;
    const { databaseId } = pager;
    await flushForShipping(pager.wal);
    const goesOn = last !== undefined && (await goesOnFrom(this.#engine, last));
    const isCut = last?.databaseId === databaseId && last.lastLsn + 1 < pager.wal.stats.firstLsn;
    this.#copy?.close();
    this.#copy = undefined;
    const begun = goesOn ? manifest : this.#withNewLine(manifest, isCut);
    await this.#manifest.takeOver(begun);
    this.#keepLsn = begun.lines.at(-1)!.lastLsn + 1;
    await sweep(this.#target, begun);
  }

  /** Begins a line with a copy of the file, whose log is kept from now on. */
  #withNewLine(manifest: ShipManifest, isAfterGap: boolean): ShipManifest {
    this.#copy?.close();
    const line = (manifest.lines.at(-1)?.line ?? 0) + 1;
    const copy = new BaseCopy(this.#target, this.#engine, line, 1);
    this.#copy = copy;
    const firstLsn = Math.max(1, copy.lsn, this.#engine.pager.wal.stats.firstLsn);
    this.#keepLsn = firstLsn;
    this.#bytesSince = 0;
    const startMs = Math.max(this.#now, manifest.lines.at(-1)?.lastMs ?? 0);
    const { databaseId } = this.#engine.pager;
    const made: ShipLine = {
      line,
      databaseId,
      isAfterGap,
      startMs,
      firstLsn,
      lastLsn: firstLsn - 1,
      lastMs: startMs,
      lastChecksum: 0,
      bases: [],
      recent: [],
    };
    return { ...manifest, lines: [...manifest.lines, made] };
  }

  async #shipLog(): Promise<void> {
    const { wal } = this.#engine.pager;
    await flushForShipping(wal);
    const untilLsn = wal.stats.durableLsn;
    const { segmentBytes } = this.#options;
    const timeOf = (lsn: number): number => this.#times.timeOf(lsn) ?? this.#now;
    for (let line = this.#manifest.line!; line.lastLsn < untilLsn; line = this.#manifest.line!) {
      const records = await recordsBehind(wal, line, untilLsn, segmentBytes, timeOf);
      if (records === undefined) {
        await this.#put(this.#withNewLine(this.#manifest.current!, true));
        continue;
      }
      const { lsn: firstLsn } = records[0]!;
      const { lsn: lastLsn, atMs: lastMs, payload } = records.at(-1)!;
      const bytes = encodeSegment(line.line, line.databaseId, records);
      await this.#target.put(segmentKey(line.line, firstLsn, lastLsn), bytes);
      const recent = [...line.recent, [firstLsn, lastLsn] as const].slice(-RECENT_SEGMENTS);
      await this.#putLine({ ...line, lastLsn, lastMs, lastChecksum: crc32c(payload), recent });
      this.#bytesSince += bytes.length;
      this.#times.forgetUpTo(lastLsn);
    }
  }

  async #copyFile(copyMs: number): Promise<void> {
    const line = this.#manifest.line!;
    if (this.#copy === undefined && this.#isCopyDue(line))
      this.#copy = new BaseCopy(this.#target, this.#engine, line.line, (line.bases.at(-1)?.id ?? 0) + 1);
    const copy = this.#copy;
    if (copy === undefined) return;
    const startMs = performance.now();
    while (!copy.isDone) {
      if (performance.now() - startMs >= copyMs) return;
      await copy.copyNext();
    }
    await this.#target.put(baseKey(copy.line, copy.id), encodeChecked(copy.parts));
    await this.#shipLog();
    const shipped = this.#manifest.line!;
    // The log may have been cut meanwhile: then another copy is due.
    if (this.#copy !== copy || shipped.lastLsn < copy.wholeLsn) return;
    const { id, lsn, wholeLsn, bytes } = copy;
    const bases = [...shipped.bases, { id, lsn, wholeLsn, atMs: shipped.lastMs, bytes }];
    const current = this.#manifest.current!;
    const lines = [...current.lines.slice(0, -1), { ...shipped, bases }];
    const kept = retire({ ...current, lines }, this.#now - this.#options.keepMs);
    await this.#put(kept);
    this.#copy = undefined;
    this.#bytesSince = 0;
    await sweep(this.#target, kept);
  }

  #isCopyDue({ bases, lastLsn }: ShipLine): boolean {
    const newest = bases.at(-1);
    if (newest === undefined) return true;
    if (lastLsn <= newest.wholeLsn) return false;
    if (this.#bytesSince > Math.max(LEAST_LOG_BYTES, 2 * newest.bytes)) return true;
    return this.#now - newest.atMs > this.#options.baseIntervalMs;
  }

  #putLine(line: ShipLine): Promise<void> {
    const current = this.#manifest.current!;
    return this.#put({ ...current, lines: [...current.lines.slice(0, -1), line] });
  }

  async #put(manifest: ShipManifest): Promise<void> {
    await this.#manifest.put(manifest);
    this.#keepLsn = manifest.lines.at(-1)!.lastLsn + 1;
  }
}
