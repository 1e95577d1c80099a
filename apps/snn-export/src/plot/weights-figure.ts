import { CapacityError, InvalidArgumentError } from "@millrace/base";
import { formatCount } from "@millrace/cli";
import { heatMapSvg } from "@millrace/plot";
import { type Figure, type FigureSource, titleOf } from "./figures.ts";

/** Neurons of the largest matrix that is laid out in memory: 128 MiB. */
const MOST_NEURONS = 5792;

/** The matrix of initial weights; pairs without a synapse stay white. */
export async function weightsFigure({ run, episode }: FigureSource): Promise<Figure> {
  const weights = run.network?.initialWeights;
  if (weights === undefined || weights.data.length === 0) {
    const expected = "a file to which saveNetworkStructure gave weights";
    throw new InvalidArgumentError("SNN_FIELD_MISSING", "initial weights", "none", expected);
  }
  const [rows, columns] = weights.shape;
  const most = MOST_NEURONS ** 2 * 4;
  if (rows * columns * 4 > most) {
    const what = `the weights of ${formatCount(rows)} neurons as a picture`;
    throw new CapacityError("SNN_PLOT_LIMIT", what, rows * columns * 4, most);
  }
  const values = new Float32Array(rows * columns).fill(Number.NaN);
  for (let row = 0; row < rows; row++) {
    for (let i = weights.indptr[row]!; i < weights.indptr[row + 1]!; i++) {
      values[row * columns + weights.indices[i]!] = weights.data[i]!;
    }
  }
  const points = weights.data.length;
  const svg = heatMapSvg(values, columns, rows, {
    title: titleOf(run, episode, `${formatCount(points)} initial weights`),
    xLabel: "to neuron",
    yLabel: "from neuron",
    valueLabel: "weight",
  });
  return { svg, points, note: "" };
}
