import { createHash } from "node:crypto";
import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { openStore } from "../src/index.ts";
import { decodeManifest, encodeManifest } from "../src/manifest.ts";
import { decodeShardHeader, decodeShardTrailer, encodeShardTrailer } from "../src/shard-format.ts";
import { filesIn, makeStore, readAll, readFileBytes, writeFileBytes } from "./stores.ts";

const BYTES = seededRandom(1).fill(new Uint8Array(5000));
const SHA256 = createHash("sha256").update(BYTES).digest("hex");
const OTHER = "12".repeat(32);
const TRAILER_BYTES = 92;
const KEY = { key: "env:SECRET", derive: "raw" } as const;
const environment = { SECRET: "0123456789abcdef".repeat(4) };

it("an object has a digest when it is asked for, or encrypted", async () => {
  for (const [config, digest, expected] of [
    [{}, undefined, null],
    [{}, "sha256", SHA256],
    [{ checksum: "sha256" as const }, undefined, SHA256],
    [{ checksum: "sha256" as const }, "none", null],
    [{ encryption: KEY }, undefined, null],
    [{ encryption: KEY }, "none", null],
  ] as const) {
    const vfs = new MemoryVfs();
    await makeStore(config, vfs);
    const store = await openStore("store.yaml", { vfs, environment });
    await store.put("o", [BYTES], { digest });
    expect((await store.stat("o")).sha256).toBe(expected);
    const isEncrypted = "encryption" in config;
    expect((await store.stat("o")).hasDigest).toBe(isEncrypted ? digest !== "none" : expected !== null);
    expect(await readAll(store, "o")).toEqual(BYTES);
    expect(await store.verify()).toMatchObject({ lost: 0, problems: [] });
  }
  const { store } = await makeStore();
  await expect(store.put("o", [BYTES], { digest: "md5" as "sha256" })).rejects.toThrow("sha256");
});

it.each([0, 10_000])(
  "bytes that are not those of the digest are found; small up to %i bytes",
  async (inlineBytes) => {
    const { vfs, store } = await makeStore({ inlineBytes });
    await store.put("o", [BYTES], { digest: "sha256" });
    // Units and all checksums stay right: only the digest tells that this is another object.
    for (const path of await filesIn(vfs, "shards")) {
      const bytes = await readFileBytes(vfs, path);
      const { headerCrc } = decodeShardHeader(bytes, path);
      const at = bytes.length - TRAILER_BYTES;
      const trailer = decodeShardTrailer(bytes.subarray(at), headerCrc, path, at);
      bytes.set(encodeShardTrailer({ ...trailer, sha256: OTHER }, headerCrc), at);
      await writeFileBytes(vfs, path, bytes);
    }
    for (const path of await filesIn(vfs, "manifests")) {
      const manifest = decodeManifest(await readFileBytes(vfs, path), path);
      await writeFileBytes(vfs, path, encodeManifest({ ...manifest, sha256: OTHER }));
    }
    await expect(readAll(store, "o")).rejects.toMatchObject({ code: "STORE_OBJECT_CORRUPT" });
    const { lost, corrupt, problems } = await store.verify();
    expect({ lost, corrupt }).toEqual({ lost: 1, corrupt: 0 });
    expect(problems).toEqual([expect.objectContaining({ object: "o", shard: null })]);
    expect(problems[0]!.problem).toMatch(/digest/);
  },
);

it("an encrypted object is checked without its key as far as that goes", async () => {
  const vfs = new MemoryVfs();
  await makeStore({ encryption: KEY }, vfs);
  await (await openStore("store.yaml", { vfs, environment })).put("o", [BYTES]);
  const stranger = await openStore("store.yaml", { vfs });
  expect(await stranger.verify()).toMatchObject({ objects: 1, lost: 0, problems: [] });
});

it("the digest of an encrypted object says nothing of its bytes to who has no key, and changes with each put", async () => {
  const vfs = new MemoryVfs();
  await makeStore({ encryption: KEY }, vfs);
  const store = await openStore("store.yaml", { vfs, environment });
  const seen = new Set<string | null>();
  for (let i = 0; i < 3; i++) {
    await store.put("o", [BYTES]);
    for (const path of await filesIn(vfs, "manifests")) {
      seen.add(decodeManifest(await readFileBytes(vfs, path), path).sha256);
    }
    for (const path of await filesIn(vfs, "shards")) {
      const text = Buffer.from(await readFileBytes(vfs, path));
      expect(text.includes(Buffer.from(SHA256, "hex"))).toBe(false);
    }
  }
  expect(seen.size).toBe(3);
  expect(seen.has(SHA256)).toBe(false);
  // It is what the key and the bytes make it, and is checked: the same bytes under another digest are refused.
  for (const path of await filesIn(vfs, "manifests")) {
    const manifest = decodeManifest(await readFileBytes(vfs, path), path);
    await writeFileBytes(vfs, path, encodeManifest({ ...manifest, sha256: SHA256 }));
  }
  await expect(readAll(store, "o")).rejects.toMatchObject({ code: expect.stringMatching(/CORRUPT|LOST/) });
});
