import { registerHooks } from "node:module";
import { isMillraceError } from "@millrace/base";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isRonomonInstalled, newReedSolomon, newRonomonEngine } from "../src/index.ts";

// A file of its own: once loaded, an addon stays, and nothing would look for it again.
let hooks: ReturnType<typeof registerHooks>;
beforeAll(() => {
  hooks = registerHooks({
    resolve: (name, context, next) => {
      if (name !== "@ronomon/reed-solomon") return next(name, context);
      throw Object.assign(new Error(`Cannot find module '${name}'`), { code: "MODULE_NOT_FOUND" });
    },
  });
});
afterAll(() => hooks.deregister());

it("says that the native engine is not there, and what to do; the other one works", async () => {
  expect(await isRonomonInstalled()).toBe(false);
  const failure: unknown = await newRonomonEngine().catch((error: unknown) => error);
  expect(isMillraceError(failure, "REED_SOLOMON_RONOMON_ABSENT")).toBe(true);
  expect(String(failure)).toContain(
    "install it and let its install script run, or use the TypeScript engine",
  );
  expect(newReedSolomon({ engine: "typescript" }).name).toBe("typescript");
});
