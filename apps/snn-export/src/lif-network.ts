import { checkInteger, resolveOptions, seededRandom } from "@millrace/base";
import type { CsrMatrix } from "./network-structure.ts";

/**
 * Parameters of a sparse random network of excitatory and inhibitory leaky integrate-and-fire neurons, after
 * Brunel, "Dynamics of Sparsely Connected Networks of Excitatory and Inhibitory Spiking Neurons", J. Comput.
 * Neurosci. 8 (2000): membrane potentials are in mV above rest.
 */
export interface LifNetworkOptions {
  /** @default 100 */
  readonly neurons?: number;
  /** Share of neurons that excite; the others inhibit. @default 0.8 */
  readonly excitatoryShare?: number;
  /** Chance that a neuron projects to another. @default 0.1 */
  readonly connectionProbability?: number;
  /** Jump of the potential at an excitatory synapse, in mV. @default 0.5 */
  readonly excitatoryWeightMv?: number;
  /** Inhibitory weights are this many times stronger. @default 5 */
  readonly inhibitionFactor?: number;
  /** Mean of the external input, in mV that the potential would settle at. @default 18 */
  readonly inputMeanMv?: number;
  /** Deviation of the potential that the external noise alone would cause, in mV. @default 4 */
  readonly inputNoiseMv?: number;
  /** Membrane time constant in ms. @default 20 */
  readonly membraneTimeMs?: number;
  /** @default 20 */
  readonly thresholdMv?: number;
  /** Potential after a spike, in mV. @default 10 */
  readonly resetMv?: number;
  /** @default 2 */
  readonly refractoryMs?: number;
  /** Length of one step in ms. @default 1 */
  readonly timeStepMs?: number;
  /** @default 1 */
  readonly seed?: number;
}

export const DEFAULT_LIF_NETWORK_OPTIONS: Required<LifNetworkOptions> = Object.freeze({
  neurons: 100,
  excitatoryShare: 0.8,
  connectionProbability: 0.1,
  excitatoryWeightMv: 0.5,
  inhibitionFactor: 5,
  inputMeanMv: 18,
  inputNoiseMv: 4,
  membraneTimeMs: 20,
  thresholdMv: 20,
  resetMv: 10,
  refractoryMs: 2,
  timeStepMs: 1,
  seed: 1,
});

/** A network that is stepped; the arrays are its own and change with each step. */
export interface LifNetwork {
  readonly options: Required<LifNetworkOptions>;
  /** Row = presynaptic neuron, column = postsynaptic neuron, value = weight in mV. */
  readonly weights: CsrMatrix;
  /** Membrane potential of each neuron, in mV above rest. */
  readonly potentialsMv: Float32Array;
  /** 1 for each neuron that fired in the last step. */
  readonly spikes: Uint8Array;
  /** Advances by one time step and returns how many neurons fired. */
  step(): number;
}

/**
 * Builds a network and its connections from the seed.
 * @throws InvalidArgumentError for an unknown option, or fewer than 1 or more than 1,000,000 neurons
 */
export function newLifNetwork(options: LifNetworkOptions = {}): LifNetwork {
  const filled = resolveOptions("snn", DEFAULT_LIF_NETWORK_OPTIONS, options);
  const neurons = checkInteger("snn", "neurons", filled.neurons, 1, 1_000_000);
  const random = seededRandom(filled.seed);
  const weights = randomConnections(filled, random.next);
  const potentialsMv = new Float32Array(neurons);
  for (let i = 0; i < neurons; i++) potentialsMv[i] = random.next() * filled.thresholdMv;
  const spikes = new Uint8Array(neurons);
  const input = new Float32Array(neurons);
  const refractorySteps = Math.round(filled.refractoryMs / filled.timeStepMs);
  const refractory = new Uint16Array(neurons);
  const { thresholdMv, resetMv, inputMeanMv } = filled;
  // Exact for input that is constant over a step; the noise is an Ornstein-Uhlenbeck process with that deviation.
  const decay = Math.exp(-filled.timeStepMs / filled.membraneTimeMs);
  const noise = filled.inputNoiseMv * Math.sqrt(1 - decay * decay);

  const step = (): number => {
    deliver(weights, spikes, input);
    let fired = 0;
    for (let i = 0; i < neurons; i++) {
      spikes[i] = 0;
      if (refractory[i]! > 0) {
        refractory[i]!--;
        continue;
      }
      let v = inputMeanMv + (potentialsMv[i]! - inputMeanMv) * decay + input[i]!;
      if (noise > 0) v += noise * random.nextNormal();
      if (v >= thresholdMv) {
        spikes[i] = 1;
        fired++;
        v = resetMv;
        refractory[i] = refractorySteps;
      }
      potentialsMv[i] = v;
    }
    return fired;
  };
  return { options: filled, weights, potentialsMv, spikes, step };
}

/** Sums the weights of the synapses whose source fired in the step before: a delay of one step. */
function deliver(weights: CsrMatrix, spikes: Uint8Array, input: Float32Array): void {
  const { indptr, indices, data } = weights;
  input.fill(0);
  for (let source = 0; source < spikes.length; source++) {
    if (spikes[source] === 0) continue;
    const end = indptr[source + 1]!;
    for (let k = indptr[source]!; k < end; k++) input[indices[k]!]! += data[k]!;
  }
}

/**
 * Draws each possible connection with the same probability. Gaps between connections are drawn rather than the
 * connections themselves (geometric distribution), so the work grows with the connections there are.
 */
function randomConnections(options: Required<LifNetworkOptions>, next: () => number): CsrMatrix {
  const { neurons, connectionProbability: p } = options;
  const excitatory = Math.round(neurons * options.excitatoryShare);
  const inhibitoryWeight = -options.inhibitionFactor * options.excitatoryWeightMv;
  const indptr = new Uint32Array(neurons + 1);
  const indices: number[] = [];
  const data: number[] = [];
  const gap = (): number => (p >= 1 ? 0 : Math.floor(Math.log(1 - next()) / Math.log(1 - p)));
  for (let source = 0; source < neurons; source++) {
    for (let target = p <= 0 ? neurons : gap(); target < neurons; target += 1 + gap()) {
      if (target === source) continue;
      indices.push(target);
      data.push(source < excitatory ? options.excitatoryWeightMv : inhibitoryWeight);
    }
    indptr[source + 1] = indices.length;
  }
  return {
    indptr,
    indices: Uint32Array.from(indices),
    data: Float64Array.from(data),
    shape: [neurons, neurons],
  };
}
