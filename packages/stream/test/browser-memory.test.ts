import { expect, it } from "vitest";
import { availableMemoryBytes } from "../src/browser.ts";

it.each([
  [{}, 1024 * 1024 * 1024],
  [{ memory: { jsHeapSizeLimit: 4000, usedJSHeapSize: 1500 } }, 2500],
  [{ memory: { jsHeapSizeLimit: 4000, usedJSHeapSize: 5000 } }, 0],
])("what %j leaves is %i bytes", (readings, bytes) => {
  expect(availableMemoryBytes(readings)).toBe(bytes);
});
