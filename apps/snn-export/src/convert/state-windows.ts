import type { SeriesData } from "../loader/series-reader.ts";
import { readWindows } from "./read-windows.ts";
import type { EpisodeSource, StepRange } from "./run-source.ts";

const TARGET_BYTES = 8 * 1024 * 1024;

/** The rows of one field: "neural_states", "rewards", "behavior/x"; in parts of some megabytes. */
export function* seriesWindows(
  { data }: EpisodeSource,
  field: string,
  range: StepRange = data.timeRange(),
): Generator<SeriesData, void> {
  const read = (start: number, stop: number): SeriesData | undefined => {
    if (field === "neural_states") return data.getNeuralStates(start, stop);
    if (field === "rewards") return data.getRewards(start, stop);
    return data.getBehavior(field.slice("behavior/".length), start, stop);
  };
  const bytesOf = (part: SeriesData | undefined): number =>
    part === undefined ? 0 : part.values.byteLength + part.timesteps.byteLength;
  for (const part of readWindows({ ...range, read, bytesOf }, TARGET_BYTES)) {
    if (part !== undefined && part.timesteps.length > 0) yield part;
  }
}

/** The neural states of an episode. */
export function stateWindows(episode: EpisodeSource, range?: StepRange): Generator<SeriesData, void> {
  return seriesWindows(episode, "neural_states", range);
}
