import type { AnalyticsSnapshot } from "../analytics/snapshot.ts";
import { columnIn, groupIn, parseJson, readNumbers, type TreeGroup, textIn } from "./run-tree.ts";

/** What the recorder's analytics say of a whole episode. */
export type EpisodeAnalytics = Omit<AnalyticsSnapshot, "episode" | "raster">;

/** Reads the group `analytics` of an episode; undefined where there is none. @throws CorruptDataError */
export function readAnalytics(episode: TreeGroup): EpisodeAnalytics | undefined {
  const group = groupIn(episode, "analytics");
  const json = textIn(group, "json");
  if (group === undefined || json === undefined) return undefined;
  const numbers = (name: string): Float64Array => {
    const column = columnIn(group, name);
    return column === undefined ? new Float64Array(0) : readNumbers(column);
  };
  return {
    ...(parseJson(group, json) as Omit<EpisodeAnalytics, "ratesHz" | "isiMeanMs" | "isiCv">),
    ratesHz: numbers("rates_hz"),
    isiMeanMs: numbers("isi_mean"),
    isiCv: numbers("isi_cv"),
  };
}
