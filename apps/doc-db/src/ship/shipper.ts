import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32c, MillraceError } from "@millrace/base";
import type { Engine } from "../storage/engine.ts";
import { BaseCopy } from "./base-copy.ts";
import { CommitTimes } from "./commit-times.ts";
import {
  baseKey,
  encodeChecked,
  MANIFEST_KEY,
  readManifest,
  type ShipLine,
  type ShipManifest,
  segmentKey,
} from "./manifest.ts";
import type { ShipOptions } from "./options.ts";
import { retire, sweep } from "./retention.ts";
import { encodeSegment, type ShippedRecord } from "./segment.ts";
import type { ShipTarget } from "./target.ts";

/** Longest wait between two attempts at a target that fails. */
const MAX_WAIT_MS = 30_000;
/** A copy is made anew when so much log has come since the last one, and twice the file. */
const LEAST_LOG_BYTES = 64 * 1024 * 1024;
/** Segments that the manifest names. */
const RECENT_SEGMENTS = 64;

/** How far a target is. */
export interface ShipStats {
  readonly target: string;
  /** The line of the target that goes on; 0 before the first attempt that succeeded. */
  readonly line: number;
  /** The last record that is there. */
  readonly lsn: number;
  /** Records that are not. */
  readonly behind: number;
  /** When the last one that is there was committed. */
  readonly at: Date | undefined;
  /** Copies of the file that a restore may begin with. */
  readonly bases: number;
  /** Why the last attempt failed. */
  readonly error: string | undefined;
}

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
  readonly #writer = randomBytes(8).toString("hex");
  readonly #stop = new AbortController();
  readonly #stopListening: () => void;
  readonly #running: Promise<void>;
  /** As it was last put; undefined until the target was looked at. */
  #manifest: ShipManifest | undefined;
  /** Of the log, from here on: it was not shipped. */
  #keepLsn = 0;
  #copy: BaseCopy | undefined;
  /** Bytes of log since the last copy. */
  #bytesSince = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  /** Set for good when another database has taken the target over. */
  #isTaken = false;

  constructor(engine: Engine, target: ShipTarget, options: Required<ShipOptions>, clock: () => Date) {
    this.#engine = engine;
    this.#target = target;
    this.#options = options;
    this.#clock = clock;
    if (engine.isFollower)
      throw new MillraceError(
        "DOCDB_REPLICA_WRITE",
        `${engine.path}: a replica is not shipped; ship what it follows`,
      );
    engine.keepLogFrom = () =>
      this.#isTaken || engine.pager.wal.stats.bytes > options.logLimitBytes
        ? Number.POSITIVE_INFINITY
        : this.#keepLsn;
    this.#stopListening = engine.onCommit(() => this.#times.note(engine.pager.lastLsn, this.#now));
    this.#running = this.#run();
  }

  get stats(): ShipStats {
    const line = this.#manifest?.lines.at(-1);
    const lsn = line?.lastLsn ?? 0;
    return {
      target: this.#target.name,
      line: line?.line ?? 0,
      lsn,
      behind: this.#engine.pager.lastLsn - lsn,
      at: line === undefined ? undefined : new Date(line.lastMs),
      bases: this.#manifest?.lines.reduce((sum, { bases }) => sum + bases.length, 0) ?? 0,
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
      if (!this.#isTaken) await this.#inTurn(this.#line?.bases.length === 0 ? Number.POSITIVE_INFINITY : 0);
    } catch {
      // The database is as safe as it was: the statistics say that the target is behind, and the next opening goes on.
    }
    this.#copy?.close();
    this.#stopListening();
  }

  get #now(): number {
    return this.#clock().getTime();
  }

  get #line(): ShipLine | undefined {
    return this.#manifest?.lines.at(-1);
  }

  async #run(): Promise<void> {
    const { intervalMs } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted && !this.#isTaken) {
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
      if (this.#manifest === undefined) await this.#begin();
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
    const found = await readManifest(this.#target);
    const last = found?.lines.at(-1);
    await this.#flush();
    const goesOn = last !== undefined && (await this.#isOwn(last));
    const { firstLsn } = this.#engine.pager.wal.stats;
    const isSame = last?.databaseId === this.#engine.databaseId;
    this.#copy?.close();
    this.#copy = undefined;
    const manifest = {
      target: found?.target ?? randomBytes(8).toString("hex"),
      writer: this.#writer,
      lines: found?.lines ?? [],
    };
    const begun = goesOn ? manifest : this.#withNewLine(manifest, isSame && last.lastLsn + 1 < firstLsn);
    await this.#put(begun, false);
    await sweep(this.#target, begun);
  }

  async #isOwn({ databaseId, firstLsn, lastLsn, lastChecksum }: ShipLine): Promise<boolean> {
    const { wal } = this.#engine.pager;
    if (databaseId !== this.#engine.databaseId || lastLsn > wal.stats.durableLsn) return false;
    if (lastLsn < wal.stats.firstLsn || lastLsn < firstLsn) return lastLsn + 1 >= wal.stats.firstLsn;
    for await (const { payload } of wal.read(lastLsn)) return crc32c(payload) === lastChecksum;
    return false;
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
    const { databaseId } = this.#engine;
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
    await this.#flush();
    const { wal } = this.#engine.pager;
    const untilLsn = wal.stats.durableLsn;
    for (let line = this.#line!; line.lastLsn < untilLsn; line = this.#line!) {
      if (wal.stats.firstLsn > line.lastLsn + 1) {
        await this.#put(this.#withNewLine(this.#manifest!, true));
        continue;
      }
      const records = await this.#gather(line, untilLsn);
      if (records === undefined) continue;
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

  /** The next records, about as many bytes as a segment has; undefined when the log was cut meanwhile. */
  async #gather(line: ShipLine, untilLsn: number): Promise<ShippedRecord[] | undefined> {
    const { wal } = this.#engine.pager;
    const records: ShippedRecord[] = [];
    let bytes = 0;
    let atMs = line.lastMs;
    try {
      for await (const { lsn, payload } of wal.read(line.lastLsn + 1)) {
        bytes += payload.length;
        if (lsn > untilLsn || (records.length > 0 && bytes > this.#options.segmentBytes)) break;
        atMs = Math.max(atMs, this.#times.timeOf(lsn) ?? this.#now);
        records.push({ lsn, atMs, payload });
      }
    } catch (error) {
      if (wal.stats.firstLsn > line.lastLsn + 1) return undefined;
      throw error;
    }
    return records;
  }

  async #copyFile(copyMs: number): Promise<void> {
    const line = this.#line!;
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
    const shipped = this.#line!;
    // The log may have been cut meanwhile: then another copy is due.
    if (this.#copy !== copy || shipped.lastLsn < copy.wholeLsn) return;
    const { id, lsn, wholeLsn, bytes } = copy;
    const bases = [...shipped.bases, { id, lsn, wholeLsn, atMs: shipped.lastMs, bytes }];
    const lines = [...this.#manifest!.lines.slice(0, -1), { ...shipped, bases }];
    const kept = retire({ ...this.#manifest!, lines }, this.#now - this.#options.keepMs);
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

  /** Records that are acknowledged, but not durable, could be others after a power cut. */
  async #flush(): Promise<void> {
    const { wal } = this.#engine.pager;
    if (wal.durability !== "disk" && wal.stats.durableLsn < wal.stats.nextLsn - 1) await wal.flush();
  }

  #putLine(line: ShipLine): Promise<void> {
    const { lines } = this.#manifest!;
    return this.#put({ ...this.#manifest!, lines: [...lines.slice(0, -1), line] });
  }

  async #put(manifest: ShipManifest, isOwn = true): Promise<void> {
    if (isOwn) await this.#checkOwn();
    await this.#target.put(MANIFEST_KEY, encodeChecked(manifest));
    this.#manifest = manifest;
    this.#keepLsn = manifest.lines.at(-1)!.lastLsn + 1;
  }

  /** @throws MillraceError `DOCDB_SHIP_TAKEN` when another one ships here */
  async #checkOwn(): Promise<void> {
    const found = await readManifest(this.#target);
    if (found?.writer === this.#writer) return;
    this.#manifest = undefined;
    this.#isTaken = found !== undefined;
    const problem = this.#isTaken
      ? "another database, or another opening of this one, ships here now; give each one a target of its own"
      : "what was shipped is gone; it is begun anew";
    throw new MillraceError("DOCDB_SHIP_TAKEN", `${this.#target.name}: ${problem}`);
  }
}
