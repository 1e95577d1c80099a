import { expect, it } from "vitest";
import { crashScenarios, cutPowerEverywhere } from "./crash-suite.ts";

it.each(crashScenarios(130))(
  "after the power went at any moment of the $name, the object is the old or the new one and a scrub leaves nothing else",
  async (scenario) => {
    expect(await cutPowerEverywhere(scenario, { seed: 1, survivals: [0, "torn"] })).toBeGreaterThan(10);
  },
);
