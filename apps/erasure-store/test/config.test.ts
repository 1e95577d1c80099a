import { isMillraceError } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { initStore, openStore, type StoreConfig } from "../src/index.ts";
import { BACKENDS, filesOf, readAll, readFileBytes, SMALL_CONFIG, writeFileBytes } from "./stores.ts";

describe("a configuration", () => {
  it("is written once, with all that it fixes, and never over another", async () => {
    const vfs = new MemoryVfs();
    await initStore(vfs, "store.yaml", SMALL_CONFIG);
    expect(new TextDecoder().decode(await readFileBytes(vfs, "store.yaml"))).toBe(
      `version: 1\ndataShards: 4\nparityShards: 2\nunitBytes: 16\ncodeFamily: vandermonde\ninlineBytes: 0\nbackends:\n${BACKENDS.map((name) => `  ${name}: dir:${name}\n`).join("")}`,
    );
    await expect(initStore(vfs, "store.yaml", SMALL_CONFIG)).rejects.toThrow("this exists already");
    await expect(initStore(vfs, "nowhere/store.yaml", SMALL_CONFIG)).rejects.toThrow("nowhere");
    expect(await vfs.exists("nowhere")).toBe(false);
  });

  it("finds its directories from where it lies, and what an earlier store put there", async () => {
    const vfs = new MemoryVfs();
    await vfs.makeDirectory("place");
    await initStore(vfs, "place/store.yaml", SMALL_CONFIG);
    await (await openStore("place/store.yaml", { vfs })).put("o", [new Uint8Array(9)]);
    expect(
      await filesOf(
        vfs,
        BACKENDS.map((name) => `place/${name}`),
      ),
    ).toHaveLength(12);
    await vfs.remove("place/store.yaml");
    await initStore(vfs, "place/store.yaml", SMALL_CONFIG);
    expect(await readAll(await openStore("place/store.yaml", { vfs }), "o")).toHaveLength(9);
  });

  it.each<[Partial<StoreConfig>, string]>([
    [{ dataShards: 0 }, "dataShards"],
    [{ parityShards: 253 }, "an integer from 1 to 252"],
    [{ unitBytes: 12 }, "unitBytes"],
    [{ codeFamily: "xor" as "cauchy" }, "one of vandermonde, cauchy"],
    [
      { backends: { ...SMALL_CONFIG.backends, g: "dir:a/" } },
      "a is the same, and both would be lost together",
    ],
    [{ backends: { "a b": "dir:x" } }, "backend name"],
    [{ backends: { a: "ftp://bucket" } }, 'a directory as "dir:PATH"'],
    [{ backends: { a: "s3://bucket?endpiont=http://x" } }, 'a bucket as "s3://'],
    [{ backends: { a: "s3://b?endpoint=http://x", b: "s3://b/?endpoint=http://x/" } }, "a is the same"],
    [{ performance: { memory_treshold: 1 } as object }, '"memory_threshold", perhaps'],
    [{ performance: { max_memory_usage: "many" } }, "byte size"],
    [{ performance: { use_ramdisk: "yes" as never } }, "true or false"],
    [{ performance: { temp_directory: "" } }, "a path"],
    [{ performance: { upload_limit: 0 } }, "upload_limit"],
    [{ backends: { a: { location: "dir:x", download_limit: "fast" } } }, "byte size"],
    [{ compression: "gzip" as "zstd" }, "one of none, zstd"],
    [{ encryption: { key: "hunter2" } }, "never the key itself"],
    [{ backends: { a: "dir:" } }, 'a directory as "dir:PATH"'],
    [{ parityShard: 1 } as Partial<StoreConfig>, '"parityShards", perhaps'],
  ])("is refused with %j, before anything is made", async (change, message) => {
    const vfs = new MemoryVfs();
    await expect(initStore(vfs, "store.yaml", { ...SMALL_CONFIG, ...change })).rejects.toThrow(message);
    expect(await vfs.list(".")).toEqual([]);
  });

  it.each([
    ["dataShards: 4", "dataShard: 4", '"dataShards", perhaps'],
    ["dataShards: 4", "dataShards: many", 'got "many", expected an integer from 1'],
    ["version: 1", "version: 2", "version: got 2"],
    ["a: dir:a", "a: dir:b", "a is the same"],
    ["a: dir:a", "a: 5", 'a directory as "dir:PATH"'],
    [/^.*$/s, "backends", "no YAML mapping"],
    [/^.*$/s, "version: 1\n", '"backends" is missing'],
    [/^.*$/s, "a: [", "store.yaml: "],
  ])("that says %s → %s is named with the problem", async (from, to, message) => {
    const vfs = new MemoryVfs();
    await initStore(vfs, "store.yaml", SMALL_CONFIG);
    const text = new TextDecoder().decode(await readFileBytes(vfs, "store.yaml"));
    await writeFileBytes(vfs, "store.yaml", new TextEncoder().encode(text.replace(from, to)));
    const failure: unknown = await openStore("store.yaml", { vfs }).catch((error: unknown) => error);
    expect(isMillraceError(failure, "STORE_CONFIG_INVALID")).toBe(true);
    const line = String((failure as Error).message);
    expect(line).toMatch(/^store\.yaml: [^\n]+$/);
    expect(line).toContain(message);
  });

  it("is not looked for in a large file", async () => {
    const vfs = new MemoryVfs();
    await writeFileBytes(vfs, "video.mp4", new Uint8Array(1_100_000));
    await expect(openStore("video.mp4", { vfs })).rejects.toThrow("are no configuration");
  });
});

describe("what lies over a configuration", () => {
  it("is flags over environment over file over defaults, in human sizes", async () => {
    const vfs = new MemoryVfs();
    const performance = { memory_threshold: "1MB", max_memory_usage: "256MiB" };
    await initStore(vfs, "store.yaml", { ...SMALL_CONFIG, performance });
    const open = async (environment: Record<string, string>, overrides = {}): Promise<object> =>
      (await openStore("store.yaml", { vfs, environment, overrides })).config.performance;
    expect(await open({})).toEqual({
      memory_threshold: 1_000_000,
      max_memory_usage: 268_435_456,
      pipeline_uploads: true,
      temp_directory: null,
      use_ramdisk: false,
      upload_limit: null,
      download_limit: null,
      concurrency: 4,
    });
    const environment = {
      MILLRACE_STORE_MEMORY_THRESHOLD: "2MB",
      MILLRACE_STORE_PIPELINE_UPLOADS: "false",
      MILLRACE_STORE_CONCURRENCY: "7",
      MILLRACE_STORE_TEMP_DIR: "/scratch",
      MILLRACE_STORE_UPLOAD_LIMIT: "10MB",
      MILLRACE_STORE_USE_RAMDISK: "true",
      MILLRACE_STORE_TEST_KEY: "a secret of the user's",
      OTHER: "1",
    };
    expect(await open(environment, { performance: { memory_threshold: 3 } })).toEqual({
      memory_threshold: 3,
      max_memory_usage: 268_435_456,
      pipeline_uploads: false,
      temp_directory: "/scratch",
      use_ramdisk: true,
      upload_limit: 10_000_000,
      download_limit: null,
      concurrency: 7,
    });
  });

  it("is refused where it means nothing, with the nearest that does", async () => {
    const environment = { MILLRACE_STORE_MEMORY_TRESHOLD: "1" };
    await expect(openStore(SMALL_CONFIG, { environment })).rejects.toThrow(
      '"MILLRACE_STORE_MEMORY_THRESHOLD", perhaps',
    );
    const bad = { MILLRACE_STORE_MEMORY_THRESHOLD: "lots" };
    await expect(openStore(SMALL_CONFIG, { environment: bad })).rejects.toThrow("byte size");
  });
});
