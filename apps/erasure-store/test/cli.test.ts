import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type CommandOutcome, commandPath, fieldsOf, runCommand } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { useCommandStore } from "./command-store.ts";
import { realBytes } from "./real-bytes.ts";

const backendFlags = (names: readonly string[]): string[] =>
  names.flatMap((name) => ["--backend", `${name}=dir:disks/${name}`]);

describe("the command", () => {
  const { bytes, pathOf, run, store } = useCommandStore();

  it("gives the fields that are promised", async () => {
    const made = await run("init", "--config", "other.yaml", ...backendFlags(["x", "y", "z"]), "--json");
    const put = await store("put", "in", "dir/in", "--json");
    const get = await store("get", "dir/in", "out", "--json");
    const ls = await store("ls", "--json");
    const verify = await store("verify", "--json");
    const rm = await store("rm", "dir/in", "--json");
    const outcomes = { init: made, put, get, ls, verify, rm };
    for (const outcome of Object.values(outcomes)) expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const fields = Object.entries(outcomes).map(([verb, { stdout }]) => [verb, fieldsOf(JSON.parse(stdout))]);
    expect(Object.fromEntries(fields)).toMatchInlineSnapshot(`
      {
        "get": {
          "bytes": "number",
          "bytesPerSecond": "number",
          "object": "string",
          "objects": "number",
          "path": "string",
          "seconds": "number",
        },
        "init": {
          "backends": "number",
          "config": "string",
          "dataShards": "number",
          "parityShards": "number",
        },
        "ls": {
          "objects": "array",
        },
        "put": {
          "bytes": "number",
          "bytesPerSecond": "number",
          "dataShards": "number",
          "failedShards": "number",
          "object": "string",
          "objects": "number",
          "parityShards": "number",
          "seconds": "number",
        },
        "rm": {
          "object": "string",
          "removed": "boolean",
        },
        "verify": {
          "badManifests": "number",
          "corrupt": "number",
          "lost": "number",
          "missing": "number",
          "objects": "number",
          "problems": "array",
          "recoverable": "number",
          "shards": "number",
        },
      }
    `);
    expect(JSON.parse(put.stdout)).toMatchObject({
      object: "dir/in",
      bytes: bytes.length,
      dataShards: 4,
      parityShards: 2,
      failedShards: 0,
    });
    expect(Buffer.compare(readFileSync(pathOf("out")), bytes)).toBe(0);
    expect(JSON.parse(ls.stdout).objects).toEqual([
      { name: "dir/in", bytes: bytes.length, shards: 6, shardsPresent: 6 },
    ]);
    expect(JSON.parse(verify.stdout)).toMatchObject({
      objects: 1,
      shards: 6,
      missing: 0,
      corrupt: 0,
      lost: 0,
    });
  });

  it("gets a large file back with two directories deleted, and says with three what is missing", async () => {
    const large = realBytes(25_000_001);
    writeFileSync(pathOf("in"), large);
    await store("put", "in");
    rmSync(pathOf("disks", "a"), { recursive: true });
    rmSync(pathOf("disks", "d"), { recursive: true });
    const get = await store("get", "in", "out");
    expect(get).toMatchObject({ code: 0 });
    expect(get.stderr).toMatch(/made good: shard \d on backend a: missing\n/);
    expect(Buffer.compare(readFileSync(pathOf("out")), large)).toBe(0);
    const verify = await store("verify", "--json");
    expect(verify.code).toBe(1);
    expect(JSON.parse(verify.stdout)).toMatchObject({ missing: 2, recoverable: 1, lost: 0 });

    rmSync(pathOf("disks", "f"), { recursive: true });
    const lost = await store("get", "in", "lost");
    expect(lost).toMatchObject({ code: 1, stdout: "" });
    expect(lost.stderr).toMatch(/3 of 6 shards can be read in stripe 0, 4 are needed; bring back shard/);
    for (const backend of ["a", "d", "f"]) expect(lost.stderr).toContain(`on backend ${backend}: missing`);
    const left = ["disks", "in", "out", "store.yaml", "store.yaml.stats.json"];
    expect(readdirSync(pathOf()).sort()).toEqual(left);
    expect(JSON.parse((await store("verify", "--json")).stdout)).toMatchObject({ lost: 1 });
  });

  it("finds a flipped byte, and gets the file all the same", async () => {
    await store("put", "in");
    const [shard] = readdirSync(pathOf("disks", "c", "shards"));
    const path = pathOf("disks", "c", "shards", shard!);
    const content = readFileSync(path);
    content[content.length >> 1]! ^= 4;
    writeFileSync(path, content);
    const verify = await store("verify");
    expect(verify.code).toBe(1);
    expect(verify.stdout).toMatch(/corrupt +1\n/);
    expect(verify.stdout).toMatch(/in +\d +c +.*the checksum of unit 2 is wrong/);
    expect((await store("get", "in", "out")).code).toBe(0);
    expect(Buffer.compare(readFileSync(pathOf("out")), bytes)).toBe(0);
  });

  it("takes stdin and gives stdout", async () => {
    const put = await runCommand("erasure-store", ["put", "-", "piped", "--config", "store.yaml", "--json"], {
      cwd: pathOf(),
      input: bytes,
    });
    expect(JSON.parse(put.stdout)).toMatchObject({ object: "piped", bytes: bytes.length });
    const args = ["--conditions=@millrace/source", commandPath("erasure-store"), "get", "piped", "-"];
    const stdout = execFileSync(process.execPath, [...args, "--config", "store.yaml"], {
      cwd: pathOf(),
      maxBuffer: 1 << 24,
    });
    expect(Buffer.compare(stdout, bytes)).toBe(0);
    expect(await store("put", "-")).toMatchObject({ code: 2 });
    expect(await store("get", "piped", "-", "--json")).toMatchObject({ code: 2, stdout: "" });
  });

  it("stores an empty file", async () => {
    writeFileSync(pathOf("empty"), "");
    expect(await store("put", "empty")).toMatchObject({ code: 0 });
    expect(await store("get", "empty", "out")).toMatchObject({ code: 0 });
    expect(readFileSync(pathOf("out"))).toHaveLength(0);
  });

  it("refuses what cannot be kept safe, and what is there already", async () => {
    const init = (...args: string[]): Promise<CommandOutcome> => run("init", "--config", "new.yaml", ...args);
    const few = await init(...backendFlags(["a", "b"]));
    expect(few).toMatchObject({ code: 2, stdout: "" });
    expect(few.stderr).toContain("one backend would hold 3");
    expect((await init("--backend", "disks")).stderr).toContain("expected NAME=dir:PATH");
    const again = await store("init", ...backendFlags(["a", "b", "c"]));
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("store.yaml: this exists already");
    expect((await store("rm", "nothing")).stderr).toContain('no object "nothing"');
    expect((await store("get", "nothing/", "out")).stderr).toContain("nothing/: no object's name begins so");
    expect((await store("put", "disks")).stderr).toContain("put --recursive stores all files in it");
    expect((await run("ls", "--config", "none.yaml")).stderr).toContain(
      "there is no such file; `init` makes",
    );
    expect(await store("put", "in", "../x")).toMatchObject({ code: 2 });
    expect(await store("put", "in", "--engine", "ronomom")).toMatchObject({ code: 2 });
  });
});
