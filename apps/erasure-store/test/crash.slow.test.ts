import { expect, it } from "vitest";
import { crashScenarios, cutPowerEverywhere } from "./crash-suite.ts";

const SEVEN = Object.fromEntries(["a", "b", "c", "d", "e", "f", "h"].map((name) => [name, `dir:${name}`]));

/** Shapes: two shards on a backend, no parity to spare but one, more backends than shards, many stripes. */
const SHAPES = [
  ["4+2", 1000, {}],
  ["2+1 on seven", 300, { dataShards: 2, parityShards: 1, backends: SEVEN }],
  ["6+6, two on each", 700, { dataShards: 6, parityShards: 6 }],
  ["compressed", 600, { compression: "zstd" }],
] as const;

it.each(
  SHAPES.flatMap(([shape, bytes, config]) =>
    crashScenarios(bytes, config).map((scenario) => ({ shape, scenario, name: scenario.name })),
  ),
)("power cuts at every moment, with torn and reordered sectors: $shape, $name", async ({ scenario }) => {
  const survivals = [0, 0.5, 1, "torn", "torn", "torn"] as const;
  expect(await cutPowerEverywhere(scenario, { seed: 1000, survivals })).toBeGreaterThan(5);
});
