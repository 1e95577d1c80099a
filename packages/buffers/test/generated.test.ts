import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generate } from "../scripts/generate-growable.ts";

test("the committed files are what scripts/generate-growable.ts writes, and there are no others", () => {
  const src = new URL("../src/", import.meta.url);
  const committed = new Map(
    ["growable", "chunk-list"].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, src)).map((file): [string, string] => {
        const path = `${folder}/${file}`;
        return [path, readFileSync(new URL(path, src), "utf8")];
      }),
    ),
  );
  const generated = generate();
  expect([...committed.keys()].sort()).toEqual([...generated.keys()].sort());
  for (const [path, text] of generated) expect(committed.get(path), path).toBe(text);
});
