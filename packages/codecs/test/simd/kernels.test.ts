import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deltaKernel } from "../../src/simd/delta-kernel.ts";
import { delta4Kernel } from "../../src/simd/delta4-kernel.ts";

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the kernels", () => {
  it.each([deltaKernel, delta4Kernel])(
    "are below 4 KiB for every width, the least that browsers compile at once",
    (kernel) => {
      for (let width = 1; width <= 32; width++) expect(kernel(width).length).toBeLessThan(4096);
    },
  );

  it("are available here", async () => {
    const { isSimdAvailable } = await import("../../src/simd.ts");
    expect(isSimdAvailable()).toBe(true);
  });
});

describe.each([
  ["no WebAssembly at all", undefined],
  ["WebAssembly without vectors", { validate: () => false }],
])("an engine with %s", (_, api) => {
  it("says so, refuses both decoders clearly and runs the plain ones", async () => {
    vi.stubGlobal("WebAssembly", api);
    const simd = await import("../../src/simd.ts");
    expect(simd.isSimdAvailable()).toBe(false);
    const bytes = new Uint8Array(300).fill(1);
    const values = new Int32Array(300);
    const refusal = expect.objectContaining({ name: "MillraceError", code: "CODECS_SIMD_UNAVAILABLE" });
    for (const count of [0, 8, 300]) {
      expect(() => simd.unpackDeltasSimd(bytes, 0, 8, values, 0, count)).toThrow(refusal);
      expect(() => simd.unpackDeltas4Simd(bytes, 0, 8, values, 0, count)).toThrow(refusal);
    }
    expect(values.every((value) => value === 0)).toBe(true);
    expect(simd.unpackDeltas4(bytes, 0, 8, values, 0, 300)).toBe(300);
    expect(values[299]).toBe(75);
  });
});

it("names a content security policy's refusal as the cause", async () => {
  const refused = new EvalError("Refused to compile");
  const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: unknown } }).WebAssembly;
  vi.stubGlobal("WebAssembly", {
    Memory,
    validate: () => true,
    Module: function refuse() {
      throw refused;
    },
  });
  const { unpackDeltasSimd } = await import("../../src/simd.ts");
  expect(() => unpackDeltasSimd(new Uint8Array(8), 0, 8, new Int32Array(8), 0, 8)).toThrow(
    expect.objectContaining({ code: "CODECS_SIMD_UNAVAILABLE", cause: refused }),
  );
});
