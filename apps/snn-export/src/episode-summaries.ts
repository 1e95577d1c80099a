import type { GrowableOf } from "@millrace/buffers";
import { JsonColumn } from "./columns/json-column.ts";
import { type ColumnPlace, StagedColumn } from "./columns/staged-column.ts";
import type { EpisodeWriter } from "./episode-writer.ts";
import type { EpisodeStatus } from "./format.ts";
import type { EpisodeEnd } from "./log-entry.ts";

/** Episodes that end before their rows are written; one chunk of them. */
const CHUNK_BYTES = 8192;
/** `success` of an episode that was not told. */
const UNKNOWN = 255;

/** How the table writes the status of an episode. */
export const STATUS_CODES: Readonly<Record<EpisodeStatus, number>> = Object.freeze({
  running: 0,
  complete: 1,
  aborted: 2,
  recovered: 3,
});

/** The columns of the table but for the summaries' texts. */
export const SUMMARY_COLUMNS = [
  { name: "episode", kind: "uint32", unit: "1", description: "number of the episode" },
  { name: "status", kind: "uint8", unit: "1", description: "see status_codes" },
  { name: "success", kind: "uint8", unit: "1", description: "1 or 0; 255 for not told" },
  { name: "n_steps", kind: "int64", unit: "steps", description: "time steps logged" },
  { name: "n_spikes", kind: "int64", unit: "spikes", description: "spikes logged" },
  { name: "start_time", kind: "float64", unit: "s", description: "when it began, seconds since 1970" },
  { name: "end_time", kind: "float64", unit: "s", description: "when it ended, seconds since 1970" },
] as const;

/** One row of the table. */
export interface SummaryRow {
  readonly id: number;
  readonly status: EpisodeStatus;
  readonly success: boolean | undefined;
  readonly steps: number;
  readonly spikes: number;
  /** Seconds since 1970. */
  readonly startTime: number;
  /** Seconds since 1970. */
  readonly endTime: number;
}

/** A row as the numbers of {@link SUMMARY_COLUMNS}. */
export function summaryNumbers(row: SummaryRow): number[] {
  const { id, status, success, steps, spikes, startTime, endTime } = row;
  const told = success === undefined ? UNKNOWN : success ? 1 : 0;
  return [id, STATUS_CODES[status], told, steps, spikes, startTime, endTime];
}

type SummaryKind = (typeof SUMMARY_COLUMNS)[number]["kind"];

/** One row an episode that has ended, so that thousands of them can be listed without opening each. */
export class EpisodeSummaries {
  readonly #columns: readonly StagedColumn<SummaryKind>[];
  readonly #texts: JsonColumn;
  readonly #encoder = new TextEncoder();

  constructor(outer: ColumnPlace) {
    const group = outer.group.createGroup("episode_summaries");
    group.setAttribute("encoding", "json+ends");
    group.setAttribute("status_codes", JSON.stringify(STATUS_CODES));
    const place = { ...outer, group, chunkBytes: CHUNK_BYTES };
    this.#columns = SUMMARY_COLUMNS.map(
      ({ name, ...spec }) => new StagedColumn<SummaryKind>(place, name, spec),
    );
    this.#texts = new JsonColumn(
      place,
      "the summaries as JSON, one after another; empty where there is none",
    );
  }

  add(episode: EpisodeWriter, status: EpisodeStatus, { success, summary }: EpisodeEnd): void {
    const values = summaryNumbers({
      id: episode.id,
      status,
      success,
      steps: episode.steps,
      spikes: episode.columns.spikeCount,
      startTime: episode.startTime,
      endTime: Date.now() / 1000,
    });
    for (const [i, column] of this.#columns.entries()) {
      (column.pending as GrowableOf<"float64">).push(values[i]!);
      column.flushIfFull();
    }
    this.#texts.append(this.#encoder.encode(summary === undefined ? "" : JSON.stringify(summary)));
  }

  flush(): void {
    for (const column of [...this.#columns, this.#texts]) column.flush();
  }

  finish(): void {
    for (const column of [...this.#columns, this.#texts]) column.finish();
  }
}
