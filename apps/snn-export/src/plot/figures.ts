import type { EpisodeSource, RunSource, StepRange } from "../convert/run-source.ts";
import { rasterFigure } from "./raster-figure.ts";
import { ratesFigure } from "./rates-figure.ts";
import { statesFigure } from "./states-figure.ts";
import { weightsFigure } from "./weights-figure.ts";

/** What figures are made from. */
export interface FigureSource {
  readonly run: RunSource;
  readonly episode: EpisodeSource;
  readonly range: StepRange;
  readonly neurons: readonly number[];
  readonly signal: AbortSignal | undefined;
}

/** A picture and what is in it. */
export interface Figure {
  readonly svg: string;
  readonly points: number;
  /** What it does not show, in words; empty for nothing. */
  readonly note: string;
  /** The time step before which it ends, where that is earlier than was asked for. */
  readonly stop?: number;
}

/** Draws one kind of picture. */
export function figureOf(
  kind: "raster" | "rates" | "weights" | "states",
  source: FigureSource,
): Promise<Figure> {
  if (kind === "raster") return rasterFigure(source);
  if (kind === "rates") return ratesFigure(source);
  return kind === "weights" ? weightsFigure(source) : statesFigure(source);
}

/** Unit of an axis of time, and milliseconds in it: seconds from ten of them on. */
export function timeAxis(
  run: RunSource,
  { start, stop }: StepRange,
): { readonly label: string; readonly ms: number } {
  const isLong = (stop - start) * run.stepMs >= 10_000;
  return isLong ? { label: "time (s)", ms: 1000 } : { label: "time (ms)", ms: 1 };
}

/** Name of the experiment, and of the episode where there are several. */
export function titleOf(run: RunSource, episode: EpisodeSource, what: string): string {
  const name = String(run.loader.attributes().experiment_name ?? "");
  const isOnly = run.loader.episodes().length === 1;
  return `${name}${isOnly ? "" : `, ${episode.population}`}: ${what}`;
}
