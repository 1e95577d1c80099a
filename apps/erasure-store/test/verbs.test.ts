import { writeFileSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { fieldsOf, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storeProgram } from "../src/cli.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let place: TempDirectory;
const at = (path: string): string => `${place.path}/${path}`;

/** Runs a verb in this process. */
async function run(verb: string, ...args: string[]): Promise<Outcome> {
  let [stdout, stderr] = ["", ""];
  const program = storeProgram({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const config = verb === "simulate" ? [] : ["--config", at("store.yaml")];
  const code = await program.run([verb, ...config, ...args]);
  return { code, stdout, stderr };
}

const fieldsOfOutput = ({ stdout }: Outcome): Record<string, string> => fieldsOf(JSON.parse(stdout));

beforeEach(async () => {
  place = tempDirectory();
  const backends = ["a", "b", "c"].flatMap((name) => ["--backend", `${name}=dir:${at(name)}`]);
  expect((await run("init", "--data-shards", "2", "--parity-shards", "1", ...backends)).code).toBe(0);
  writeFileSync(at("in"), seededRandom(1).fill(new Uint8Array(100_000)));
  expect((await run("put", at("in"), "o")).code).toBe(0);
});
afterEach(() => place[Symbol.dispose]());

describe("the verbs of maintenance", () => {
  it("give the fields that are promised, and a text for people", async () => {
    const verbs: readonly (readonly [string, ...string[]])[] = [
      ["stat", "o"],
      ["scrub"],
      ["repair"],
      ["rebalance"],
      ["rebuild-index"],
      ["config"],
      ["stats"],
      ["bench", "--size", "1MiB"],
      ["simulate", "--years", "1000", "--page", at("curves.html")],
    ];
    const fields: Record<string, Record<string, string>> = {};
    for (const [verb, ...args] of verbs) {
      const json = await run(verb, ...args, "--json");
      expect(json).toMatchObject({ code: 0, stderr: "" });
      fields[verb] = fieldsOfOutput(json);
      // Measuring takes its time; its text is made as the others'.
      if (verb === "bench") continue;
      const text = await run(verb, ...args);
      expect(text.code).toBe(0);
      expect(text.stdout).toMatch(/^\w.*\n/);
    }
    expect(fields).toMatchInlineSnapshot(`
      {
        "bench": {
          "bytes": "number",
          "getBytesPerSecond": "number",
          "putBytesPerSecond": "number",
          "recommendations": "array",
          "smallObjects": "number",
          "smallPutsPerSecond": "number",
          "stages": "array",
        },
        "config": {
          "backends": "object",
          "checksum": "string",
          "codeFamily": "string",
          "compression": "string",
          "dataShards": "number",
          "durability": "string",
          "encryption": "null",
          "inlineBytes": "number",
          "log_level": "string",
          "parityShards": "number",
          "performance": "object",
          "unitBytes": "number",
          "version": "number",
        },
        "rebalance": {
          "absent": "array",
          "failed": "array",
          "movedShards": "number",
          "objects": "number",
        },
        "rebuild-index": {
          "incomplete": "array",
          "rebuilt": "array",
        },
        "repair": {
          "absent": "array",
          "failed": "array",
          "lost": "array",
          "objects": "number",
          "repairedObjects": "number",
          "repairedShards": "number",
        },
        "scrub": {
          "badManifests": "number",
          "corrupt": "number",
          "halfWritten": "number",
          "lost": "number",
          "missing": "number",
          "objects": "number",
          "orphans": "array",
          "problems": "array",
          "recoverable": "number",
          "removed": "number",
          "shards": "number",
        },
        "simulate": {
          "annualLoss": "number",
          "dataShards": "number",
          "meanYearsToLoss": "number",
          "nines": "number",
          "objectsLostPerYear": "number",
          "overhead": "number",
          "parityShards": "number",
          "repairBytesPerDay": "number",
          "simulated": "object",
        },
        "stat": {
          "backends": "array",
          "bytes": "number",
          "compression": "string",
          "createdMs": "number",
          "dataShards": "number",
          "encryptionKey": "null",
          "generation": "number",
          "hasDigest": "boolean",
          "isInline": "boolean",
          "name": "string",
          "parityShards": "number",
          "problems": "array",
          "sha256": "null",
          "storedBytes": "number",
        },
        "stats": {
          "concurrency": "number",
          "idealConcurrency": "number",
          "operations": "array",
          "processPeakBytes": "number",
          "recommendations": "array",
          "sinceMs": "number",
          "stages": "array",
          "stripesPeakBytes": "number",
          "temporaryPeakBytes": "number",
        },
      }
    `);
  });

  it("end with 1 where something is wrong, until it is repaired", async () => {
    const spoilt = await run("stat", "nothing");
    expect(spoilt).toMatchObject({ code: 1, stdout: "" });
    writeFileSync(at("a/shards/rubbish"), "rubbish");
    expect((await run("scrub")).code).toBe(1);
    expect((await run("scrub", "--remove-orphans")).code).toBe(0);
    expect((await run("scrub")).code).toBe(0);
    expect(await run("repair", "--bandwidth", "lots")).toMatchObject({ code: 2, stdout: "" });
  });

  it("take flags over the configuration, and are quiet when told to be", async () => {
    const { stdout } = await run("config", "--memory-threshold", "5MB", "--json");
    expect(JSON.parse(stdout).performance.memory_threshold).toBe(5_000_000);
    const quiet = await run("config", "--quiet", "--json");
    expect(JSON.parse(quiet.stdout).log_level).toBe("error");
  });

  it("move folders and ranges", async () => {
    expect(await run("put", "--recursive", at("a"), "folder", "--json")).toMatchObject({ code: 0 });
    const list = JSON.parse((await run("ls", "folder/", "--json")).stdout) as { objects: object[] };
    expect(list.objects.length).toBeGreaterThan(1);
    expect(await run("get", "folder/", at("out"))).toMatchObject({ code: 0, stderr: "" });
    const range = JSON.parse((await run("get", "o", at("part"), "--range", "10-19", "--json")).stdout);
    expect(range).toMatchObject({ bytes: 10 });
    expect(await run("get", "o", at("part"), "--range", "19-10")).toMatchObject({ code: 2 });
    expect(await run("get", "folder/", at("out"), "--range", "1-2")).toMatchObject({ code: 2 });
  });

  it("say of a folder's name what is below it, and how a folder is put", async () => {
    await run("put", "--recursive", at("a"), "folder");
    for (const [verb, ...more] of [["get", at("out")], ["rm"]]) {
      const { code, stderr } = await run(verb!, "folder", ...more);
      expect(code).toBe(1);
      expect(stderr).toMatch(/no object "folder", but \d+ below it: `get folder\/ DIRECTORY`/);
    }
    expect((await run("put", at("a"))).stderr).toContain("put --recursive stores all files in it");
  });

  it("say that a range lies behind the end, and nothing but that with --quiet left out", async () => {
    const behind = await run("get", "o", at("part"), "--range", "100000-");
    expect(behind).toMatchObject({ code: 0 });
    expect(behind.stderr).toContain("--range 100000- lies behind the end of o: nothing was read");
    expect(await run("put", at("in"), "p", "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await run("rm", "p", "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("say what to do where there is no configuration", async () => {
    const { code, stderr } = await run("ls", "--config", at("none.yaml"));
    expect(code).toBe(1);
    expect(stderr).toContain("`init` makes a store, --config says where its configuration is");
  });

  it("take the configuration that the environment names", async () => {
    process.env.MILLRACE_STORE_CONFIG = at("store.yaml");
    try {
      let stdout = "";
      const streams = { stdout: { write: (text: string) => (stdout += text) }, stderr: { write: () => {} } };
      expect(await storeProgram(streams).run(["ls", "--json"])).toBe(0);
      expect(JSON.parse(stdout).objects).toHaveLength(1);
    } finally {
      delete process.env.MILLRACE_STORE_CONFIG;
    }
  });
});
