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
const STATUS_CODES = { running: 0, complete: 1, aborted: 2, recovered: 3 } as const;

/** One row an episode that has ended, so that thousands of them can be listed without opening each. */
export class EpisodeSummaries {
  readonly #columns: readonly StagedColumn<"uint32" | "uint8" | "int64" | "float64">[];
  readonly #texts: JsonColumn;
  readonly #encoder = new TextEncoder();

  constructor(outer: ColumnPlace) {
    const group = outer.group.createGroup("episode_summaries");
    group.setAttribute("encoding", "json+ends");
    group.setAttribute("status_codes", JSON.stringify(STATUS_CODES));
    const place = { ...outer, group, chunkBytes: CHUNK_BYTES };
    this.#columns = [
      new StagedColumn(place, "episode", { kind: "uint32", unit: "1", description: "number of the episode" }),
      new StagedColumn(place, "status", { kind: "uint8", unit: "1", description: "see status_codes" }),
      new StagedColumn(place, "success", {
        kind: "uint8",
        unit: "1",
        description: "1 or 0; 255 for not told",
      }),
      new StagedColumn(place, "n_steps", { kind: "int64", unit: "steps", description: "time steps logged" }),
      new StagedColumn(place, "n_spikes", { kind: "int64", unit: "spikes", description: "spikes logged" }),
      new StagedColumn(place, "start_time", {
        kind: "float64",
        unit: "s",
        description: "when it began, seconds since 1970",
      }),
      new StagedColumn(place, "end_time", {
        kind: "float64",
        unit: "s",
        description: "when it ended, seconds since 1970",
      }),
    ];
    this.#texts = new JsonColumn(
      place,
      "the summaries as JSON, one after another; empty where there is none",
    );
  }

  add(episode: EpisodeWriter, status: EpisodeStatus, { success, summary }: EpisodeEnd): void {
    const values = [
      episode.id,
      STATUS_CODES[status],
      success === undefined ? UNKNOWN : success ? 1 : 0,
      episode.steps,
      episode.columns.spikeCount,
      episode.startTime,
      Date.now() / 1000,
    ];
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
