import { webAssembly } from "@millrace/base";
import { afterEach, expect, it, vi } from "vitest";

const api = webAssembly()!;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** What the package says in an engine whose WebAssembly is this one. */
async function withWebAssembly(stub: unknown): Promise<typeof import("../../src/browser.ts")> {
  vi.resetModules();
  vi.stubGlobal("WebAssembly", stub);
  return await import("../../src/browser.ts");
}

const whole = { Memory: api.Memory, Module: api.Module, Instance: api.Instance, validate: api.validate };

it("works in WebAssembly when it is there", async () => {
  const { isWasmAvailable, newReedSolomon } = await withWebAssembly(whole);
  expect(isWasmAvailable()).toBe(true);
  expect(newReedSolomon().name).toBe("wasm");
  expect(newReedSolomon({ engine: "typescript" }).name).toBe("typescript");
});

it("works with the plain swizzle where there is no relaxed one", async () => {
  const isRelaxed = (bytes: Uint8Array): boolean => Buffer.from(bytes).includes(Buffer.of(0xfd, 0x80, 0x02));
  const validate = (bytes: Uint8Array): boolean => !isRelaxed(bytes) && api.validate(bytes);
  const { newReedSolomon } = await withWebAssembly({ ...whole, validate });
  expect(newReedSolomon().name).toBe("wasm");
});

it.each([
  ["there is no WebAssembly", undefined],
  ["it has no vectors", { ...whole, validate: () => false }],
  [
    "a policy refuses to compile",
    {
      ...whole,
      Module: class {
        constructor() {
          throw new EvalError("Refused to compile");
        }
      },
    },
  ],
  [
    "there is no memory",
    {
      ...whole,
      Memory: class {
        constructor() {
          throw new RangeError("no memory");
        }
      },
    },
  ],
  [
    "its kernels compute nothing",
    {
      ...whole,
      Instance: class {
        readonly exports = { run: () => 0 };
      },
    },
  ],
])("works in TypeScript when %s", async (_reason, stub) => {
  const { isWasmAvailable, newReedSolomon } = await withWebAssembly(stub);
  expect(isWasmAvailable()).toBe(false);
  const engine = newReedSolomon();
  expect(engine.name).toBe("typescript");
  const shards = engine.allocateShards(100);
  shards[0]!.fill(7);
  await engine.encode(shards);
  expect(await engine.verify(shards)).toBe(true);
  expect(() => newReedSolomon({ engine: "wasm" })).toThrow(
    expect.objectContaining({ code: "REED_SOLOMON_WASM_UNAVAILABLE" }),
  );
});
