import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { DataExporter, plotExperiment } from "../src/index.ts";
import { NEURONS, recordForConverting } from "./convert-helpers.ts";

async function textOf(vfs: MemoryVfs, path: string): Promise<string> {
  await using file = await vfs.open(path, "r");
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return new TextDecoder().decode(bytes);
}

async function recorded(steps = 2000): Promise<{ vfs: MemoryVfs; path: string; spikes: number }> {
  const vfs = new MemoryVfs();
  const { path, spikes } = recordForConverting(".", steps, { vfs });
  return { vfs, path, spikes: spikes.length };
}

it("draws a raster with the rate under it, of all steps or some", async () => {
  const { vfs, path, spikes } = await recorded();
  const whole = await plotExperiment(path, "a.svg", { vfs });
  expect(whole).toMatchObject({ kind: "raster", points: spikes, from: 0, to: 2000, note: "" });
  const svg = await textOf(vfs, "a.svg");
  for (const text of ["demo: ", ">time (ms)<", ">rate (Hz)<", ">neuron<"]) expect(svg).toContain(text);
  const some = await plotExperiment(path, "b.svg", { vfs, from: 100, to: 200 });
  expect(some).toMatchObject({ from: 100, to: 200 });
  expect(some.points).toBeLessThan(spikes / 10);
  expect(whole.bytes).toBe(svg.length);
});

it("draws seconds where there are many, and says what of too many spikes is shown", async () => {
  const vfs = new MemoryVfs();
  const exporter = new DataExporter("many", { vfs, outputDirectory: "." });
  exporter.startEpisode({ neurons: 10 });
  const stepCount = 30_000;
  exporter.logBlock({ firstTimestep: 0, stepCount, spikes: new Uint8Array(10 * stepCount).fill(1) });
  exporter.endEpisode();
  exporter.close();
  const result = await plotExperiment(exporter.path, "a.svg", { vfs });
  expect(result).toMatchObject({ points: 200_000, from: 0, to: 20_000 });
  expect(result.note).toContain("only the first 200,000 spikes, up to step 20000");
  expect(await textOf(vfs, "a.svg")).toContain(">time (s)<");
});

it("draws rates, weights, and the states of chosen neurons", async () => {
  const { vfs, path } = await recorded();
  expect((await plotExperiment(path, "rates.svg", { vfs, kind: "rates" })).points).toBe(NEURONS);
  expect(await textOf(vfs, "rates.svg")).toContain(">rate (Hz)<");
  expect((await plotExperiment(path, "weights.svg", { vfs, kind: "weights" })).points).toBe(3);
  expect(await textOf(vfs, "weights.svg")).toContain(">from neuron<");
  const states = await plotExperiment(path, "states.svg", { vfs, kind: "states", neurons: [2, 5] });
  expect(states.points).toBe(2 * 200);
  const svg = await textOf(vfs, "states.svg");
  for (const text of [">neuron 2<", ">neuron 5<", ">state (mV)<"]) expect(svg).toContain(text);
});

it("refuses what it cannot draw, and writes nothing then", async () => {
  const { vfs, path } = await recorded(20);
  const plain = new DataExporter("plain", { vfs, outputDirectory: "plain" });
  plain.startEpisode({ neurons: 2 });
  plain.log({ timestep: 0, reward: 1 });
  plain.close();
  const before = await vfs.list(".");
  const cases = [
    [plain.path, { kind: "raster" }, "SNN_FIELD_MISSING"],
    [plain.path, { kind: "states" }, "SNN_FIELD_MISSING"],
    [plain.path, { kind: "weights" }, "SNN_FIELD_MISSING"],
    [path, { episode: 1 }, "SNN_EPISODE_UNKNOWN"],
    [path, { from: 10, to: 10 }, "SNN_STEPS_RANGE"],
    [path, { kind: "states", neurons: [NEURONS] }, "SNN_NEURON_RANGE"],
  ] as const;
  for (const [file, options, code] of cases) {
    await expect(plotExperiment(file, "x.svg", { vfs, ...options })).rejects.toMatchObject({ code });
  }
  await expect(plotExperiment(path, "x.pdf", { vfs })).rejects.toMatchObject({ code: "SNN_PLOT_FORMAT" });
  expect(await vfs.list(".")).toEqual(before);
});
