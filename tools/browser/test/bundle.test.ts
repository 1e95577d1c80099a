import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { bundleForBrowser } from "./bundle.ts";

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

it("a module of Node among the imports fails, by name", async () => {
  // This very file imports node:url.
  await expect(bundleForBrowser(pathOf("bundle.test.ts"))).rejects.toThrow(
    "imports node:url, which no browser has",
  );
});

it("an import that is not there fails", async () => {
  await expect(bundleForBrowser(pathOf("fixtures/no-such.ts"))).rejects.toThrow("no-such.ts");
});

it("the page of all browser entries needs nothing of Node", async () => {
  // Asked for at run time, where there is a process, and done without where there is none.
  const optional = /getBuiltinModule\?\.\(["']node:\w+["']\)/g;
  const page = (await bundleForBrowser(pathOf("page.ts"))).replaceAll(optional, "");
  expect(page).not.toMatch(/["']node:|\bBuffer\.|\brequire\(/);
});
