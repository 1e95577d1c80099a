import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { newTypedArray } from "@millrace/buffers";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codecConformance } from "../src/conformance.ts";
import { DataExporter, deltaCodec, FIELD_KINDS, quickLoad } from "../src/index.ts";
import { hasH5py, PYTHON } from "./helpers.ts";

let directory: TempDirectory;
beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => directory[Symbol.dispose]());

describe("the codec of differences", () => {
  for (const { name, run } of codecConformance(deltaCodec, { kinds: FIELD_KINDS })) it(name, run);

  it.each(FIELD_KINDS)("brings any bits of %s back, NaN and -0 too", (kind) => {
    const rows = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(rows, rows, fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (count, width, bytes) => {
        const values = newTypedArray(kind, count * width);
        const given = new Uint8Array(values.buffer);
        for (let i = 0; i < given.length; i++) given[i] = bytes.next().value as number;
        const found = newTypedArray(kind, count * width);
        deltaCodec.decode(deltaCodec.encode(values, width), found, width);
        expect(new Uint8Array(found.buffer)).toEqual(given);
      }),
    );
  });

  it("refuses bytes of another length", () => {
    expect(() => deltaCodec.decode(new Uint8Array(7), new Float32Array(2), 1)).toThrow("7 bytes for 8");
  });
});

/** Potentials that all drift slowly. */
function driftOf(steps: number, neurons: number): Float32Array[] {
  const random = seededRandom(5);
  const state = Float32Array.from({ length: neurons }, () => -65 + 5 * random.nextNormal());
  return Array.from({ length: steps }, () => {
    for (let i = 0; i < neurons; i++) state[i]! += 1e-5 * random.nextNormal();
    return state.slice();
  });
}

const STEPS = 2000;
const NEURONS = 20;

function record(states: readonly Float32Array[], options: object): string {
  const exporter = new DataExporter("slow", { outputDirectory: directory.path, git: false, ...options });
  exporter.startEpisode({ neurons: NEURONS });
  for (const [timestep, neuralState] of states.entries()) exporter.log({ timestep, neuralState });
  exporter.endEpisode();
  exporter.close();
  return exporter.path;
}

describe("adaptive sampling", () => {
  it("stores slow states as differences, in less than half of the bytes, and loses nothing", async () => {
    const states = driftOf(STEPS, NEURONS);
    const adaptive = record(states, { adaptiveSampling: {} });
    const plain = record(states, { neuralSamplingRate: 1 });
    expect(statSync(adaptive).size).toBeLessThan(0.5 * statSync(plain).size);
    const { values } = (await quickLoad(adaptive)).episodes[0]!.contents.neuralStates!;
    expect(values).toEqual((await quickLoad(plain)).episodes[0]!.contents.neuralStates!.values);
  });

  it.skipIf(!hasH5py)("stores what NumPy reads as the format's page says", () => {
    const states = driftOf(STEPS, NEURONS);
    const path = record(states, { adaptiveSampling: {}, chunkBytes: 8192 });
    const script = `
import h5py, numpy as np, sys
g = h5py.File(sys.argv[1])["episodes/episode_0000/neural_states"]
coded, width, kind = g["coded"][:], g.attrs["codec_width"], np.dtype(g.attrs["codec_kind"])
unsigned = np.dtype(f"u{kind.itemsize}")
rows = []
at = 0
for count, size in g["coded_blocks"][:]:
    planes = coded[at : at + size].reshape(kind.itemsize, -1)
    z = np.ascontiguousarray(planes.T).view(unsigned).reshape(count, width)
    differences = (z >> 1) ^ (0 - (z & 1))
    rows.append(np.cumsum(differences, axis=0, dtype=unsigned).view(kind))
    at += size
np.concatenate(rows).tofile(sys.argv[2])
print(len(rows))`;
    const out = `${directory.path}/values`;
    const blocks = Number(execFileSync(PYTHON, ["-c", script, path, out], { encoding: "utf8" }));
    expect(blocks).toBeGreaterThan(10);
    const expected = Float32Array.from(states.flatMap((state) => [...state]));
    expect(readFileSync(out)).toEqual(Buffer.from(expected.buffer));
  });
});
