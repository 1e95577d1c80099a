import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

it("names in the README a test for each promise", () => {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const table = readme.split("## Promises")[1]!.split("## API")[0]!;
  const rows = table.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| event"));
  const promises = rows.filter((line) => !line.startsWith("| ---"));
  expect(promises.length).toBeGreaterThanOrEqual(8);
  for (const promise of promises) {
    const files = [...promise.matchAll(/`([\w.-]+\.test\.ts)`/g)].map(([, name]) => name!);
    expect(files.length, promise).toBeGreaterThan(0);
    for (const file of files) expect(existsSync(join(import.meta.dirname, file)), file).toBe(true);
  }
});
