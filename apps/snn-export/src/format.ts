/** The file's own name for its format, in the root attribute `format`. */
export const FORMAT_NAME = "millrace-snn";

/** Semantic version of the layout: a reader takes any minor version of its own major one. */
export const FORMAT_VERSION = "1.0.0";

/** The name of episode `id`'s group: 3 → "episode_0003". */
export function episodeGroupName(id: number): string {
  return `episode_${String(id).padStart(4, "0")}`;
}
