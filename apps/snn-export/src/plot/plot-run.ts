import { checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { atomicWrite, diskVfs, type Vfs } from "@millrace/files";
import { svgToPng } from "@millrace/plot";
import { RunSource, type StepRange } from "../convert/run-source.ts";
import { ExperimentLoader } from "../loader.ts";
import { type FigureSource, figureOf } from "./figures.ts";

/** What {@link plotExperiment} draws. */
export const PLOT_KINDS = ["raster", "rates", "weights", "states"] as const;

/** One of {@link PLOT_KINDS}. */
export type PlotKind = (typeof PLOT_KINDS)[number];

/** How {@link plotExperiment} draws. */
export interface PlotOptions {
  /**
   * Spikes with the population's rate under them, mean rates of the neurons, the matrix of initial weights, or
   * neural states over time. @default "raster"
   */
  readonly kind?: PlotKind;
  /** @default 0 */
  readonly episode?: number;
  /** First time step shown. @default undefined: that of the episode */
  readonly from?: number | undefined;
  /** Time step before which the plot ends. @default undefined: the end of the episode */
  readonly to?: number | undefined;
  /** Neurons whose states are drawn, 12 at most. @default [] for the first 4 */
  readonly neurons?: readonly number[];
  /** Where both files are. @default diskVfs */
  readonly vfs?: Vfs;
  readonly signal?: AbortSignal | undefined;
}

/** What {@link PlotOptions} are when they are not given. */
export const DEFAULT_PLOT_OPTIONS: Required<PlotOptions> = Object.freeze({
  kind: "raster",
  episode: 0,
  from: undefined,
  to: undefined,
  neurons: Object.freeze([]),
  vfs: diskVfs,
  signal: undefined,
});

/** What {@link plotExperiment} drew. */
export interface PlotResult {
  readonly output: string;
  readonly kind: PlotKind;
  readonly episode: number;
  /** Time steps that are shown: from, and before which it ends. */
  readonly from: number;
  readonly to: number;
  /** Spikes, neurons, weights or values, as the kind is. */
  readonly points: number;
  /** What the picture does not show, in words; empty for nothing. */
  readonly note: string;
  readonly bytes: number;
}

/** Bytes that are read at a time. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Draws an experiment's spikes, rates, weights or states as SVG or PNG, as the output's ending says.
 * @throws InvalidArgumentError for another ending, an option that cannot be, or a field that was not logged
 * @throws IoError, CorruptDataError, CapacityError, AbortedError
 * @example
 * await plotExperiment("runs/maze.h5", "raster.png", { kind: "raster", from: 0, to: 1000 });
 */
export async function plotExperiment(
  input: string,
  output: string,
  options?: PlotOptions,
): Promise<PlotResult> {
  const filled = resolveOptions<Required<PlotOptions>>("snn", DEFAULT_PLOT_OPTIONS, options);
  const { kind, vfs, signal } = filled;
  checkOneOf("snn", "kind", kind, PLOT_KINDS);
  const isPng = output.endsWith(".png");
  if (!isPng && !output.endsWith(".svg")) {
    throw new InvalidArgumentError("SNN_PLOT_FORMAT", "output", output, "a name that ends in .svg or .png");
  }
  await using loader = await ExperimentLoader.open(input, { vfs });
  const run = new RunSource(loader, WINDOW_BYTES);
  const [episode] = run.episodes(filled.episode);
  const whole = episode!.data.timeRange();
  const range: StepRange = { start: filled.from ?? whole.start, stop: filled.to ?? whole.stop };
  if (!(range.start >= 0 && range.start < range.stop) && kind !== "weights") {
    const expected = `steps that ascend; the episode has ${whole.start} to ${whole.stop}`;
    throw new InvalidArgumentError(
      "SNN_STEPS_RANGE",
      "from and to",
      `${range.start} to ${range.stop}`,
      expected,
    );
  }
  const source: FigureSource = { run, episode: episode!, range, neurons: filled.neurons, signal };
  const figure = await figureOf(kind, source);
  const content = isPng ? await svgToPng(figure.svg, 2) : new TextEncoder().encode(figure.svg);
  await atomicWrite(vfs, output, content);
  return {
    output,
    kind,
    episode: filled.episode,
    from: range.start,
    to: figure.stop ?? range.stop,
    points: figure.points,
    note: figure.note,
    bytes: content.length,
  };
}
