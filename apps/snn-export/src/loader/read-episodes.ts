import type { EpisodeStatus } from "../format.ts";
import { JsonTexts } from "./json-texts.ts";
import {
  attributeOf,
  columnIn,
  damaged,
  groupIn,
  parseJson,
  readNumbers,
  requireColumn,
  type TreeGroup,
} from "./run-tree.ts";

/** One episode in the list of a file. */
export interface EpisodeInfo {
  readonly id: number;
  readonly status: EpisodeStatus;
  /** Time steps that were logged. */
  readonly steps: number;
  readonly spikes: number;
  readonly success: boolean | undefined;
}

/** An episode that has ended, with what `endEpisode` was told. */
export interface EpisodeSummary extends EpisodeInfo {
  /** Seconds since 1970. */
  readonly startTime: number;
  /** Seconds since 1970. */
  readonly endTime: number;
  readonly summary: unknown;
}

const NAME = /^episode_(\d{4,15})$/;

/** Ids and names of the episodes, ascending. */
export function episodeNames(
  episodes: TreeGroup | undefined,
): { readonly id: number; readonly name: string }[] {
  const found = (episodes?.names ?? []).flatMap((name) => {
    const digits = NAME.exec(name)?.[1];
    return digits === undefined ? [] : [{ id: Number(digits), name }];
  });
  return found.sort((a, b) => a.id - b.id);
}

/** All episodes: from the table of those that have ended, and what is not in it from its own group. */
export function readEpisodes(root: TreeGroup): EpisodeInfo[] {
  const episodes = groupIn(root, "episodes");
  const ended = new Map(readRows(root).map((row) => [row.id, row]));
  return episodeNames(episodes).flatMap(({ id, name }) => {
    const row = ended.get(id);
    if (row !== undefined) {
      const { status, steps, spikes, success } = row;
      return [{ id, status, steps, spikes, success }];
    }
    const group = groupIn(episodes, name);
    return group === undefined ? [] : [episodeInfo(id, group)];
  });
}

/** The episodes that have ended, with their summaries. @throws CorruptDataError */
export function readSummaries(root: TreeGroup): EpisodeSummary[] {
  const rows = readRows(root);
  const group = groupIn(root, "episode_summaries");
  if (group === undefined || rows.length === 0) return [];
  const texts = new JsonTexts(group);
  if (texts.rows !== rows.length) throw damaged(group, `${texts.rows} texts for ${rows.length} episodes`);
  return texts.read(0, rows.length).map((summary, i) => ({ ...rows[i]!, summary }));
}

/** What an episode's own group says. */
export function episodeInfo(id: number, group: TreeGroup): EpisodeInfo {
  const number = (name: string): number => Number(attributeOf(group, name) ?? 0);
  const success = attributeOf(group, "success");
  return {
    id,
    status: String(attributeOf(group, "status")) as EpisodeStatus,
    steps: number("n_steps"),
    spikes: number("n_spikes"),
    success: success === undefined ? undefined : success === 1,
  };
}

function readRows(root: TreeGroup): Omit<EpisodeSummary, "summary">[] {
  const group = groupIn(root, "episode_summaries");
  const ids = columnIn(group, "episode");
  if (group === undefined || ids === undefined) return [];
  const numbers = (name: string): Float64Array => {
    const column = requireColumn(group, name);
    if (column.rows !== ids.rows) throw damaged(column, `${column.rows} rows, episode has ${ids.rows}`);
    return readNumbers(column);
  };
  const [status, success] = [numbers("status"), numbers("success")];
  const [steps, spikes] = [numbers("n_steps"), numbers("n_spikes")];
  const [startTimes, endTimes] = [numbers("start_time"), numbers("end_time")];
  const names = statusNames(group);
  return Array.from(readNumbers(ids), (id, i) => ({
    id,
    status: names.get(status[i]!) ?? ("unknown" as EpisodeStatus),
    steps: steps[i]!,
    spikes: spikes[i]!,
    success: success[i]! > 1 ? undefined : success[i] === 1,
    startTime: startTimes[i]!,
    endTime: endTimes[i]!,
  }));
}

function statusNames(group: TreeGroup): Map<number, EpisodeStatus> {
  const codes = parseJson(group, String(attributeOf(group, "status_codes") ?? "{}"));
  if (typeof codes !== "object" || codes === null) throw damaged(group, "status_codes is no JSON object");
  return new Map(Object.entries(codes).map(([name, code]) => [Number(code), name as EpisodeStatus]));
}
