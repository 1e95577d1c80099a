import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as api from "../src/index.ts";
import * as worker from "../src/worker.ts";

test("the public surface is exactly this", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "ByteQueue",
      "ChunkBatch",
      "ColumnChunk",
      "DEFAULT_MEMORY_THRESHOLD_BYTES",
      "DEFAULT_PARALLEL_MAP_OPTIONS",
      "DEFAULT_PROGRESS_OPTIONS",
      "DEFAULT_RETRY_OPTIONS",
      "DEFAULT_WORKER_POOL_OPTIONS",
      "MemoryBudget",
      "Progress",
      "ROWS_PER_CHUNK",
      "RateLimiter",
      "WorkerPool",
      "abortable",
      "abortedError",
      "adaptiveRowsPerBatch",
      "allocateChunk",
      "attachChunk",
      "availableMemoryBytes",
      "bytesPerRow",
      "chooseMode",
      "copyRows",
      "detachChunk",
      "orderedParallelMap",
      "processMemoryBudget",
      "readAhead",
      "rebatch",
      "retry",
      "throwIfAborted",
    ]
  `);
  expect(Object.keys(worker).sort()).toMatchInlineSnapshot(`
    [
      "serveTasks",
      "withTransfer",
    ]
  `);
});

test("the browser entry reaches nothing of Node", () => {
  const seen = new Set<string>();
  const visit = (url: URL): void => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    for (const [, specifier] of readFileSync(url, "utf8").matchAll(/ from "([^"]+)"/g)) {
      expect(specifier, url.pathname).not.toMatch(/^node:/);
      if (specifier!.startsWith(".")) visit(new URL(specifier!, url));
    }
  };
  visit(new URL("../src/browser.ts", import.meta.url));
  expect(seen.size).toBeGreaterThan(10);
});
