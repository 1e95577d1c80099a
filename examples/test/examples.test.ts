import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";

const SOURCES = fileURLToPath(new URL("../src/", import.meta.url));

/** Programs are the files directly below src; each ends by itself, and fails by exit code. */
const programs = readdirSync(SOURCES).filter((name) => name.endsWith(".ts"));

describe.each(programs)("%s", (name) => {
  it("runs in an empty directory, and says what it did", () => {
    using directory = tempDirectory();
    const run = spawnSync(process.execPath, ["--conditions=@millrace/source", `${SOURCES}${name}`], {
      cwd: directory.path,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: "" });
    expect(run.stdout).not.toBe("");
  });
});
