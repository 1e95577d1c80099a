import { readFileSync, statSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { DataExporter, type LogEntry } from "../src/index.ts";

const NEURONS = 100;
const STEPS = 20_000;

let random = seededRandom(5);
let walk = 0;
const resting = new Float32Array(NEURONS).fill(-65);
const restingEntry = () => {
  for (let i = 0; i < 5; i++) resting[random.nextInt(0, NEURONS - 1)] = -65 + 5 * random.nextNormal();
  return { neuralState: resting };
};
/** Rows of the README's table, by their first words: what is logged at a step. */
const rows: Record<
  string,
  { readonly steps: number; readonly level?: number; entry(timestep: number): Omit<LogEntry, "timestep"> }
> = {
  "potentials with noise, float32": {
    steps: STEPS / 10,
    entry: () => ({
      neuralState: Float32Array.from({ length: NEURONS }, () => -65 + 5 * random.nextNormal()),
    }),
  },
  "potentials that mostly rest, float32": { steps: STEPS / 10, entry: restingEntry },
  "the same, compressionLevel 2": { steps: STEPS / 10, level: 2, entry: restingEntry },
  "spikes, 5 % of 100 neurons": {
    steps: STEPS,
    entry: () => ({ spikes: Uint8Array.from({ length: NEURONS }, () => (random.next() < 0.05 ? 1 : 0)) }),
  },
  "a position that wanders, float64": {
    steps: STEPS,
    entry: () => {
      walk += 0.01 * (random.next() - 0.5);
      return { behavior: { x: walk } };
    },
  },
  "the same, declared float32": {
    steps: STEPS,
    entry: () => {
      walk += 0.01 * (random.next() - 0.5);
      return { behavior: { pose: walk } };
    },
  },
};

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const table = readme.split("\n").flatMap((line) => {
  const match = /^\| (.+?) +\| ([\d.]+) +\| ([\d.]+) +\|/.exec(line);
  return match !== null && match[1]! in rows
    ? [{ name: match[1]!, logged: Number(match[2]), stored: Number(match[3]) }]
    : [];
});

it("has a row in the README for each kind of data", () => {
  expect(table.map(({ name }) => name)).toEqual(Object.keys(rows));
});

it.each(table)("$name: $logged bytes a step take $stored in the file", ({ name, logged, stored }) => {
  using directory = tempDirectory();
  const { steps, level, entry } = rows[name]!;
  const sizeOf = (count: number): number => {
    random = seededRandom(5);
    walk = 0;
    resting.fill(-65);
    const exporter = new DataExporter("sizes", {
      outputDirectory: directory.path,
      git: false,
      codeSnapshot: "none",
      neuralSamplingRate: 1,
      compressionLevel: level,
      fields: { behavior: { pose: { dtype: "float32" } } },
    });
    exporter.startEpisode({ neurons: NEURONS });
    for (let timestep = 0; timestep < count; timestep++) exporter.log({ timestep, ...entry(timestep) });
    exporter.endEpisode();
    exporter.close();
    return statSync(exporter.path).size;
  };
  // What a file without steps takes is none of theirs.
  const bytes = (sizeOf(steps) - sizeOf(1)) / steps;
  expect(Math.abs(bytes / stored - 1), `${bytes} bytes a step`).toBeLessThan(0.05);
  const first = entry(0);
  const vector = first.spikes ?? first.neuralState;
  const size = vector === undefined ? (name.includes("float32") ? 4 : 8) : (vector as Uint8Array).byteLength;
  expect(logged).toBe(size);
});
