import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generate } from "../scripts/generate-bitpack.ts";

test("the committed files are what scripts/generate-bitpack.ts writes, and there are no others", () => {
  const src = new URL("../src/", import.meta.url);
  const generated = generate();
  const committed = readdirSync(new URL("bitpack/", src)).map((file) => `bitpack/${file}`);
  expect(committed.sort()).toEqual([...generated.keys()].sort());
  for (const [path, text] of generated) expect(readFileSync(new URL(path, src), "utf8"), path).toBe(text);
});
