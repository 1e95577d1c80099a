/** The file's own name for its format, in the root attribute `format`. */
export const FORMAT_NAME = "millrace-snn";

/** Semantic version of the layout: a reader takes any minor version of its own major one. */
export const FORMAT_VERSION = "2.0.0";

/** How an episode stands; "recovered" is one that was cut off and repaired later. */
export type EpisodeStatus = "running" | "complete" | "aborted" | "recovered";

/** The name of episode `id`'s group: 3 → "episode_0003". */
export function episodeGroupName(id: number): string {
  return `episode_${String(id).padStart(4, "0")}`;
}
