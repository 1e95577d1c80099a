import fc from "fast-check";
import { expect, test } from "vitest";
import { adaptiveRowsPerBatch } from "../src/index.ts";

test("a quarter of the memory, shared by the batches in flight", () => {
  expect(adaptiveRowsPerBatch({ availableBytes: 2 ** 30, bytesPerRow: 16, chunksInFlight: 4 })).toBe(2 ** 22);
  expect(adaptiveRowsPerBatch({ availableBytes: 80_000_039, bytesPerRow: 10, chunksInFlight: 1 })).toBe(
    2_000_000,
  );
});

test("never fewer than 100,000 rows, never more than 10,000,000", () => {
  const least = { availableBytes: 0, bytesPerRow: 1, chunksInFlight: 1 };
  expect(adaptiveRowsPerBatch(least)).toBe(100_000);
  const most = { availableBytes: 40_000_000, bytesPerRow: 1, chunksInFlight: 1 };
  expect(adaptiveRowsPerBatch(most)).toBe(10_000_000);
  expect(adaptiveRowsPerBatch({ ...most, availableBytes: Number.MAX_SAFE_INTEGER })).toBe(10_000_000);
});

test("between the bounds the batches in flight fit into a quarter of the memory", () => {
  const run = fc.property(
    fc.integer({ min: 1, max: 2 ** 40 }),
    fc.integer({ min: 1, max: 1000 }),
    fc.integer({ min: 1, max: 64 }),
    (availableBytes, bytesPerRow, chunksInFlight) => {
      const rows = adaptiveRowsPerBatch({ availableBytes, bytesPerRow, chunksInFlight });
      expect(rows).toBeGreaterThanOrEqual(100_000);
      expect(rows).toBeLessThanOrEqual(10_000_000);
      const usedBytes = rows * bytesPerRow * chunksInFlight;
      if (rows > 100_000) expect(usedBytes).toBeLessThanOrEqual(availableBytes / 4);
      const oneMore = (rows + 1) * bytesPerRow * chunksInFlight;
      if (rows < 10_000_000) expect(oneMore).toBeGreaterThan(availableBytes / 4);
    },
  );
  fc.assert(run);
});

test("refuses rows of no bytes and numbers that are no integers", () => {
  const good = { availableBytes: 1, bytesPerRow: 1, chunksInFlight: 1 };
  for (const bad of [
    { bytesPerRow: 0 },
    { chunksInFlight: 0 },
    { availableBytes: -1 },
    { availableBytes: 0.5 },
  ]) {
    expect(() => adaptiveRowsPerBatch({ ...good, ...bad })).toThrow(
      expect.objectContaining({ code: "STREAM_OPTION_RANGE" }),
    );
  }
});
