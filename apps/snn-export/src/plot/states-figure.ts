import { CapacityError, InvalidArgumentError } from "@millrace/base";
import { GrowableFloat64 } from "@millrace/buffers";
import { tracesSvg } from "@millrace/plot";
import { throwIfAborted } from "@millrace/stream";
import { unitOf } from "../convert/sonata-report.ts";
import { stateWindows } from "../convert/state-windows.ts";
import { type Figure, type FigureSource, timeAxis, titleOf } from "./figures.ts";

const USUAL_NEURONS = 4;
/** As many as there are colours. */
const MOST_NEURONS = 12;
/** Values of all traces together that are kept: 128 MiB. */
const MOST_VALUES = 2 ** 23;

/** The states of some neurons over time. */
export async function statesFigure({ run, episode, range, neurons, signal }: FigureSource): Promise<Figure> {
  const { data } = episode;
  if (!data.fields.includes("neural_states")) {
    const expected = `one of ${data.fields.join(", ") || "none"}`;
    throw new InvalidArgumentError("SNN_FIELD_MISSING", "field", "neural_states", expected);
  }
  const chosen = chooseNeurons(neurons, run.neurons);
  const axis = timeAxis(run, range);
  const times = new GrowableFloat64();
  const values = chosen.map(() => new GrowableFloat64());
  for (const part of stateWindows(episode, range)) {
    throwIfAborted(signal, "plot");
    for (const [row, timestep] of part.timesteps.entries()) {
      times.push((timestep * run.stepMs) / axis.ms);
      for (const [i, neuron] of chosen.entries()) values[i]!.push(part.values[row * part.width + neuron]!);
    }
    const count = times.length * (chosen.length + 1);
    if (count > MOST_VALUES) {
      const what = "the states as a picture; choose fewer steps by from and to (--from, --to)";
      throw new CapacityError("SNN_PLOT_LIMIT", what, count * 8, MOST_VALUES * 8);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const traces = chosen.map((neuron, i) => ({
    name: `neuron ${neuron}`,
    x: times.view(),
    y: values[i]!.view(),
  }));
  const unit = unitOf(run, episode);
  const svg = tracesSvg(traces, {
    title: titleOf(run, episode, "neural states"),
    xLabel: axis.label,
    yLabel: unit === "1" ? "state" : `state (${unit})`,
  });
  return { svg, points: times.length * chosen.length, note: "" };
}

/** @throws InvalidArgumentError for neurons that there are not, and too many */
function chooseNeurons(given: readonly number[], count: number): readonly number[] {
  if (given.length === 0) return Array.from({ length: Math.min(USUAL_NEURONS, count) }, (_, i) => i);
  const isFit = given.every((neuron) => Number.isInteger(neuron) && neuron >= 0 && neuron < count);
  if (isFit && given.length <= MOST_NEURONS) return given;
  const expected = `up to ${MOST_NEURONS} numbers from 0 to ${count - 1}`;
  throw new InvalidArgumentError("SNN_NEURON_RANGE", "neurons", given.join(), expected);
}
