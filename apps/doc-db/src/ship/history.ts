import { MillraceError } from "@millrace/base";
import {
  logFolder,
  parseSegmentKey,
  readManifest,
  type ShipBase,
  type ShipLine,
  type ShipManifest,
  segmentKey,
} from "./manifest.ts";
import { decodeSegment, type ShippedRecord } from "./segment.ts";
import type { ShipTarget } from "./target.ts";

/** What is to be restored; the newest there is without either. */
export interface Moment {
  readonly at?: Date | undefined;
  readonly lsn?: number | undefined;
}

/** Where a restore begins and ends. */
export interface Route {
  readonly line: ShipLine;
  readonly base: ShipBase;
  readonly untilMs: number;
  readonly untilLsn: number;
}

/** What was shipped to a target, to be read. */
export class ShipHistory {
  readonly target: ShipTarget;
  readonly manifest: ShipManifest;

  private constructor(target: ShipTarget, manifest: ShipManifest) {
    this.target = target;
    this.manifest = manifest;
  }

  /** @throws MillraceError `DOCDB_SHIP_MISSING` where nothing was shipped to */
  static async open(target: ShipTarget): Promise<ShipHistory> {
    const manifest = await readManifest(target);
    if (manifest !== undefined) return new ShipHistory(target, manifest);
    const problem =
      "no database was shipped there: it has no manifest.json; check the path, the bucket or its prefix";
    throw new MillraceError("DOCDB_SHIP_MISSING", `${target.name}: ${problem}`);
  }

  /**
   * The newest copy before a moment, and where its log is to end.
   * @throws MillraceError `DOCDB_SHIP_MOMENT`, `DOCDB_SHIP_GAP`
   */
  route({ at, lsn }: Moment): Route {
    const untilMs = at?.getTime() ?? Number.POSITIVE_INFINITY;
    const untilLsn = lsn ?? Number.POSITIVE_INFINITY;
    const { lines } = this.manifest;
    for (const line of lines.toReversed()) {
      const isBefore = ({ wholeLsn, atMs }: ShipBase): boolean => atMs <= untilMs && wholeLsn <= untilLsn;
      const base = line.bases.findLast(isBefore);
      if (base === undefined) continue;
      const next = lines.find((one) => one.line > line.line);
      if (at !== undefined && next?.isAfterGap === true && untilMs > line.lastMs)
        throw this.#lost(at, line, next);
      if (lsn !== undefined && lsn > line.lastLsn) break;
      return { line, base, untilMs, untilLsn };
    }
    const what = at === undefined ? `record ${lsn ?? ""}` : `the moment ${at.toISOString()}`;
    throw new MillraceError(
      "DOCDB_SHIP_MOMENT",
      `${this.target.name}: ${what} is not there; ${this.#extent()}`,
    );
  }

  /**
   * Records of a line, a segment at a time.
   * @throws MillraceError `DOCDB_SHIP_GAP` for a segment that is missing; CorruptDataError `DOCDB_SHIP_CORRUPT`
   */
  async *records(line: ShipLine, fromLsn: number, untilLsn: number): AsyncGenerator<ShippedRecord[]> {
    const endLsn = Math.min(untilLsn, line.lastLsn);
    let segments: readonly (readonly [number, number])[] | undefined;
    for (let lsn = fromLsn; lsn <= endLsn; ) {
      const isHere = ([first, last]: readonly [number, number]): boolean => first <= lsn && lsn <= last;
      let found = line.recent.find(isHere);
      if (found === undefined) {
        segments ??= await this.#segments(line);
        found = segments.find(isHere);
      }
      if (found === undefined) throw this.#gap(line, lsn, segments?.find(([first]) => first > lsn)?.[0]);
      const [firstLsn, lastLsn] = found;
      const key = segmentKey(line.line, firstLsn, lastLsn);
      const bytes = await this.target.get(key);
      if (bytes === undefined) throw this.#gap(line, lsn, lastLsn + 1);
      const place = { line: line.line, databaseId: line.databaseId, firstLsn, lastLsn };
      const records = decodeSegment(bytes, `${this.target.name}: ${key}`, place);
      const from = lsn;
      yield records.filter((record) => record.lsn >= from && record.lsn <= endLsn);
      lsn = lastLsn + 1;
    }
  }

  async #segments(line: ShipLine): Promise<readonly (readonly [number, number])[]> {
    const keys = await this.target.list(logFolder(line.line));
    return keys
      .map(parseSegmentKey)
      .filter((segment) => segment !== undefined)
      .filter(({ lastLsn }) => lastLsn <= line.lastLsn)
      .map(({ firstLsn, lastLsn }) => [firstLsn, lastLsn] as const);
  }

  #gap(line: ShipLine, lsn: number, nextLsn: number | undefined): MillraceError {
    const end = nextLsn === undefined ? `${line.lastLsn}, the last` : `${nextLsn - 1}`;
    const problem = `records ${lsn} to ${end} of line ${line.line} are missing; put ${logFolder(line.line)} back, or restore to --lsn ${lsn - 1}`;
    return new MillraceError("DOCDB_SHIP_GAP", `${this.target.name}: ${problem}`);
  }

  #lost(at: Date, line: ShipLine, next: ShipLine): MillraceError {
    const [last, first] = [new Date(line.lastMs), new Date(next.startMs)];
    const problem = `nothing was shipped between ${last.toISOString()} and ${first.toISOString()}, the target was away for longer than the log was kept; restore to one of these instead of ${at.toISOString()}`;
    return new MillraceError("DOCDB_SHIP_GAP", `${this.target.name}: ${problem}`);
  }

  #extent(): string {
    const { lines } = this.manifest;
    const base = lines.flatMap(({ bases }) => bases)[0];
    const last = lines.at(-1);
    if (base === undefined || last === undefined) return "there is no whole copy yet";
    return `there is all from ${new Date(base.atMs).toISOString()} (record ${base.wholeLsn}) to record ${last.lastLsn} of ${new Date(last.lastMs).toISOString()}`;
  }
}
