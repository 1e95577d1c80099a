import { InvalidArgumentError } from "@millrace/base";
import { GrowableFloat64, GrowableUint32 } from "@millrace/buffers";
import { formatCount } from "@millrace/cli";
import { spikeFigureSvg } from "@millrace/plot";
import { throwIfAborted } from "@millrace/stream";
import { type Figure, type FigureSource, timeAxis, titleOf } from "./figures.ts";

/** Spikes that a raster shows at the most: more of them are a grey field. */
const MOST_SPIKES = 200_000;
const BARS = 100;

/** Spikes with the rate of the population under them. */
export async function rasterFigure({ run, episode, range, signal }: FigureSource): Promise<Figure> {
  requireSpikes(episode.data.fields);
  const times = new GrowableFloat64();
  const ids = new GrowableUint32();
  const axis = timeAxis(run, range);
  let last = Number.NaN;
  for (const part of run.spikes(episode, "ms", range)) {
    throwIfAborted(signal, "plot");
    for (let i = 0; i < part.ids.length; i++) {
      const time = part.times[i]! / axis.ms;
      // What shares a time with the last spike belongs to the picture too.
      if (times.length >= MOST_SPIKES && time !== last) {
        return draw(
          { run, episode, range: cut(range, last * axis.ms, run.stepMs), signal, neurons: [] },
          times,
          ids,
          true,
        );
      }
      last = time;
      times.push(time);
      ids.push(part.ids[i]!);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return draw({ run, episode, range, signal, neurons: [] }, times, ids, false);
}

function draw(
  { run, episode, range }: FigureSource,
  times: GrowableFloat64,
  ids: GrowableUint32,
  isCut: boolean,
): Figure {
  const axis = timeAxis(run, range);
  const points = times.length;
  const firstTime = times.length > 0 ? times.view()[0]! : 0;
  const first = Math.min((range.start * run.stepMs) / axis.ms, firstTime);
  const span = ((range.stop - range.start) * run.stepMs) / axis.ms;
  const seconds = (span / BARS) * (axis.ms / 1000);
  const rateHz = points / run.neurons / (span * (axis.ms / 1000));
  const what = `${formatCount(points)} spikes of ${formatCount(run.neurons)} neurons, ${rateHz.toPrecision(3)} Hz`;
  const svg = spikeFigureSvg(times.view(), ids.view(), {
    title: titleOf(run, episode, what),
    xLabel: axis.label,
    timeRange: [first, first + span],
    binWidth: span / BARS,
    rateFactor: 1 / (run.neurons * seconds),
    rateLabel: "rate (Hz)",
  });
  if (!isCut) return { svg, points, note: "" };
  const note = `only the first ${formatCount(points)} spikes, up to step ${range.stop}; --from and --to show others`;
  return { svg, points, note, stop: range.stop };
}

function cut(
  { start }: { readonly start: number },
  lastMs: number,
  stepMs: number,
): { start: number; stop: number } {
  return { start, stop: Math.max(start + 1, Math.floor(lastMs / stepMs) + 1) };
}

/** @throws InvalidArgumentError where no spikes were logged */
export function requireSpikes(fields: readonly string[]): void {
  if (fields.includes("spikes")) return;
  throw new InvalidArgumentError(
    "SNN_FIELD_MISSING",
    "field",
    "spikes",
    `one of ${fields.join(", ") || "none"}`,
  );
}
