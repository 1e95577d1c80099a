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
    [{ backends: { a: "s3://bucket" } }, 'a directory as "dir:PATH"'],
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
