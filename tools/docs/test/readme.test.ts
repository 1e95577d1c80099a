import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const members = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(ROOT, group)).map((name) => join(group, name)),
);

/** The TypeScript fences of a document. */
function examplesOf(document: string): string[] {
  return [...document.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1]!);
}

/** What an example says that it prints: the comments behind its `console.log` calls, in order. */
function promisedOutput(example: string): string {
  return [...example.matchAll(/console\.log\(.*\);? \/\/ (.*)$/gm)].map((match) => match[1]).join(" ");
}

const words = (text: string): string => text.split(/\s+/).filter(Boolean).join(" ");

describe.each(members)("%s", (member) => {
  const path = join(ROOT, member, "README.md");

  // So many formats and verbs do not fit into the 200 lines of the others.
  const mostLines = member === "apps/event-loader" ? 260 : 200;

  it("has a short README that says how to install it and has an example", () => {
    expect(existsSync(path)).toBe(true);
    const document = readFileSync(path, "utf8");
    expect(document.split("\n").length).toBeLessThanOrEqual(mostLines);
    expect(document).toContain(`npm install @millrace/${member.split("/")[1]}`);
    expect(examplesOf(document).length).toBeGreaterThan(0);
  });

  it.each(
    existsSync(path) ? examplesOf(readFileSync(path, "utf8")).map((text, i) => [i + 1, text] as const) : [],
  )("prints what example %d says that it prints", (index, example) => {
    // Inside the member's folder, so that its imports resolve as in its own sources; in a folder git ignores.
    const folder = join(ROOT, member, "test-results");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `readme-${index}.ts`);
    writeFileSync(file, example);
    using directory = tempDirectory();
    try {
      const run = spawnSync(process.execPath, ["--conditions=@millrace/source", file], {
        cwd: directory.path,
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1" },
      });
      expect({ status: run.status, stderr: run.stderr }).toMatchObject({ status: 0 });
      expect(words(run.stdout)).toBe(words(promisedOutput(example)));
    } finally {
      rmSync(file);
    }
  });
});
