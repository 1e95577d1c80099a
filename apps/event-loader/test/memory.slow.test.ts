import { expect, it } from "vitest";
import { grownMemory } from "./grown-memory.ts";

it("a stream of a thousand million events grows the memory by less than 256 MB", async () => {
  const { events, grownBytes } = await grownMemory("stream", 1_000_000_000, 65_536);
  expect(events).toBe(1_000_000_000);
  expect(grownBytes).toBeLessThan(256_000_000);
});
