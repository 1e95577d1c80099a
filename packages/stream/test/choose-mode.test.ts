import { totalmem } from "node:os";
import { expect, test } from "vitest";
import { availableMemoryBytes, chooseMode, processMemoryBudget } from "../src/index.ts";

const GIB = 2 ** 30;

test("up to the threshold in memory, above it as a stream", () => {
  const availableBytes = 8 * GIB;
  expect(chooseMode({ sizeBytes: 100_000_000, availableBytes })).toBe("memory");
  expect(chooseMode({ sizeBytes: 100_000_001, availableBytes })).toBe("stream");
  expect(chooseMode({ sizeBytes: 11, thresholdBytes: 10, availableBytes })).toBe("stream");
  expect(chooseMode({ sizeBytes: 0, thresholdBytes: 0, availableBytes })).toBe("memory");
});

test("no more than a quarter of the memory, and a stream when the size is unknown", () => {
  expect(chooseMode({ sizeBytes: 1000, availableBytes: 4000 })).toBe("memory");
  expect(chooseMode({ sizeBytes: 1001, availableBytes: 4000 })).toBe("stream");
  expect(chooseMode({ sizeBytes: undefined, availableBytes: 8 * GIB })).toBe("stream");
  expect(chooseMode({ sizeBytes: Number.MAX_SAFE_INTEGER, thresholdBytes: Number.POSITIVE_INFINITY })).toBe(
    "stream",
  );
});

test("refuses sizes below 0 and NaN", () => {
  for (const bad of [{ sizeBytes: -1 }, { sizeBytes: Number.NaN }, { sizeBytes: 1, thresholdBytes: -1 }]) {
    expect(() => chooseMode(bad)).toThrow(expect.objectContaining({ code: "STREAM_MODE_SIZE" }));
  }
});

test("a container's limit counts, and what stands for none does not", () => {
  const machine = { totalBytes: 16 * GIB, availableBytes: 10 * GIB };
  const withLimit = (constrainedBytes: number | undefined) =>
    availableMemoryBytes({ ...machine, constrainedBytes });
  expect(withLimit(4 * GIB)).toBe(4 * GIB);
  for (const none of [0, undefined, 16 * GIB, 2 ** 64, Number.POSITIVE_INFINITY]) {
    expect(withLimit(none), `${none}`).toBe(10 * GIB);
  }
  expect(availableMemoryBytes({ ...machine, availableBytes: GIB, constrainedBytes: 4 * GIB })).toBe(GIB);
  expect(availableMemoryBytes({ ...machine, availableBytes: 2 ** 64, constrainedBytes: undefined })).toBe(
    16 * GIB,
  );
});

test("this process has some memory, and one budget of it", () => {
  expect(availableMemoryBytes()).toBeGreaterThan(0);
  expect(availableMemoryBytes()).toBeLessThanOrEqual(totalmem());
  expect(processMemoryBudget()).toBe(processMemoryBudget());
  expect(processMemoryBudget().limitBytes).toBeLessThanOrEqual(totalmem());
});
