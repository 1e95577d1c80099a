import { describe, expect, it } from "vitest";
import { newLifNetwork } from "../src/index.ts";

const SILENT = { connectionProbability: 0, inputNoiseMv: 0, timeStepMs: 0.01 };

describe("the LIF network", () => {
  it("fires at the rate of the analytic solution when its input is constant and it has no connections", () => {
    const network = newLifNetwork({ ...SILENT, neurons: 1, inputMeanMv: 30 });
    const { membraneTimeMs, thresholdMv, resetMv, refractoryMs } = network.options;
    // T = refractory + τ ln((μ - V_reset) / (μ - θ)): Gerstner et al., Neuronal Dynamics, eq. 1.17 and 5.10.
    const periodMs = refractoryMs + membraneTimeMs * Math.log((30 - resetMv) / (30 - thresholdMv));
    const fired: number[] = [];
    for (let step = 0; fired.length < 12; step++) if (network.step() > 0) fired.push(step * 0.01);
    for (let i = 1; i < fired.length; i++)
      expect(Math.abs(fired[i]! - fired[i - 1]! - periodMs)).toBeLessThan(0.03);
  });

  it("never fires when its input settles below the threshold", () => {
    const network = newLifNetwork({ ...SILENT, neurons: 20, inputMeanMv: 19.9 });
    let spikes = 0;
    for (let step = 0; step < 50_000; step++) spikes += network.step();
    expect(spikes).toBe(0);
    for (const v of network.potentialsMv) expect(v).toBeCloseTo(19.9, 2);
  });

  it("gives free potentials the deviation that the noise option names", () => {
    const network = newLifNetwork({
      neurons: 2000,
      connectionProbability: 0,
      inputMeanMv: 0,
      inputNoiseMv: 2,
    });
    for (let step = 0; step < 300; step++) network.step();
    const mean = network.potentialsMv.reduce((a, b) => a + b) / 2000;
    const variance = network.potentialsMv.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 2000;
    expect(Math.abs(Math.sqrt(variance) - 2)).toBeLessThan(0.15);
  });

  it("delivers a spike one step later, with its weight, to the neurons that the matrix names", () => {
    const options = { neurons: 30, connectionProbability: 0.3, inputNoiseMv: 0, inputMeanMv: 25, seed: 4 };
    const network = newLifNetwork(options);
    const { indptr, indices, data } = network.weights;
    const decay = Math.exp(-1 / 20);
    let checked = 0;
    for (let step = 0; step < 200; step++) {
      const before = network.potentialsMv.slice();
      const firedBefore = network.spikes.slice();
      network.step();
      const input = new Float64Array(30);
      for (let i = 0; i < 30; i++) {
        if (firedBefore[i]) for (let k = indptr[i]!; k < indptr[i + 1]!; k++) input[indices[k]!]! += data[k]!;
      }
      for (let i = 0; i < 30; i++) {
        const after = network.potentialsMv[i]!;
        if (network.spikes[i] || after === before[i]) continue;
        expect(after).toBeCloseTo(25 + (before[i]! - 25) * decay + input[i]!, 4);
        if (input[i] !== 0) checked++;
      }
    }
    expect(checked).toBeGreaterThan(50);
  });

  it("has about the share of connections that was asked for, none to itself, excitatory and inhibitory ones", () => {
    const { weights } = newLifNetwork({ neurons: 500, connectionProbability: 0.1, seed: 9 });
    const { indptr, indices, data } = weights;
    expect(Math.abs(indices.length / (500 * 499) - 0.1)).toBeLessThan(0.005);
    for (let i = 0; i < 500; i++) {
      const row = indices.subarray(indptr[i]!, indptr[i + 1]!);
      expect(row.includes(i)).toBe(false);
      expect(row.every((target, k) => k === 0 || target > row[k - 1]!)).toBe(true);
      for (const weight of data.subarray(indptr[i]!, indptr[i + 1]!))
        expect(weight).toBe(i < 400 ? 0.5 : -2.5);
    }
  });

  it("connects all or none at the ends of the probability", () => {
    expect(newLifNetwork({ neurons: 10, connectionProbability: 1 }).weights.indices.length).toBe(90);
    expect(newLifNetwork({ neurons: 10, connectionProbability: 0 }).weights.indices.length).toBe(0);
  });

  it("repeats itself for the same seed, and an option that does not exist is named", () => {
    const run = (seed: number): number[] => {
      const network = newLifNetwork({ seed });
      return Array.from({ length: 200 }, () => network.step());
    };
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
    expect(() => newLifNetwork({ neuron: 3 } as object)).toThrow('"neurons", perhaps');
  });
});
