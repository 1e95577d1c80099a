import { expect, it } from "vitest";
import { grownMemory } from "./grown-memory.ts";

const MIB = 2 ** 20;

it("a full load takes at most 16 bytes an event of the process's memory", async () => {
  const { events, grownBytes } = await grownMemory("load", 12_000_000, 262_144);
  expect(events).toBe(12_000_000);
  // Less than the columns alone would take if there were two of each.
  expect(grownBytes).toBeLessThan(16 * events + 32 * MIB);
});

it("a stream takes memory by the size of its chunks, and not by its length", async () => {
  const small = await grownMemory("stream", 10_000_000, 65_536);
  expect(small.events).toBe(10_000_000);
  expect(small.grownBytes).toBeLessThan(48 * MIB);
  const large = await grownMemory("stream", 10_000_000, 16 * 65_536);
  // Some chunks of 13 bytes a row.
  expect(large.grownBytes).toBeLessThan(48 * MIB + 4 * 13 * 16 * 65_536);
});
