import { createDecipheriv } from "node:crypto";
import { zstdDecompressSync } from "node:zlib";
import { seededRandom } from "@millrace/base";
import { diskVfs, MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { getFolder, initStore, openStore, putFolder, type StoreConfig } from "../src/index.ts";
import { decodeManifest } from "../src/manifest.ts";
import { filesIn, filesOf, makeStore, readAll, readFileBytes, writeFileBytes } from "./stores.ts";

const bytesOf = (length: number, seed = length): Uint8Array =>
  seededRandom(seed).fill(new Uint8Array(length));
const textOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => "the quick brown fox ".charCodeAt((i + (i >> 7)) % 20));

const SECRET = { SECRET: "0123456789abcdef".repeat(4) };
const ENCRYPTED: Partial<StoreConfig> = { encryption: { key: "env:SECRET", derive: "raw" } };
const MIB = 1024 * 1024;

async function rangeOf(
  store: Awaited<ReturnType<typeof openStore>>,
  start: number,
  end?: number,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.get("o", { range: { start, end } })) pieces.push(piece.slice());
  return new Uint8Array(Buffer.concat(pieces));
}

describe.each<[string, Partial<StoreConfig>]>([
  ["plain", {}],
  ["compressed", { compression: "zstd" }],
  ["encrypted", ENCRYPTED],
  ["compressed and encrypted", { ...ENCRYPTED, compression: "zstd" }],
])("an object that is %s", (_name, config) => {
  it.each([0, 1, 15, 16, 64, 65, MIB - 1, MIB, MIB + 1, 2 * MIB + 12_345])(
    "of %i bytes comes back, with two backends gone, and in ranges",
    async (length) => {
      const vfs = new MemoryVfs();
      await makeStore({ ...config, unitBytes: 4096, checksum: "sha256" }, vfs);
      const store = await openStore("store.yaml", { vfs, environment: SECRET });
      const bytes = length % 2 === 0 ? textOf(length) : bytesOf(length);
      await store.put("o", [bytes]);
      await vfs.remove("a", { recursive: true });
      await vfs.remove("c", { recursive: true });
      expect(Buffer.compare(await readAll(store, "o"), bytes)).toBe(0);
      const random = seededRandom(length);
      for (let round = 0; round < 4; round++) {
        const start = random.nextInt(0, length);
        const end = random.nextInt(start, length + 10);
        expect(Buffer.compare(await rangeOf(store, start, end), bytes.subarray(start, end))).toBe(0);
      }
      expect(await rangeOf(store, length)).toHaveLength(0);
      await expect(rangeOf(store, 5, 4)).rejects.toThrow("range");
    },
  );
});

it("a range reads the stripes that it lies in, and nothing else", async () => {
  const { vfs, store } = await makeStore({ unitBytes: 4096 });
  await store.put("o", [bytesOf(MIB)]);
  await vfs.remove("b", { recursive: true });
  // Everything but stripe 7 is spoilt; a range inside that one does not notice.
  const start = 7 * 4 * 4096;
  for (const path of await filesIn(vfs, "shards")) {
    const bytes = await readFileBytes(vfs, path);
    const header = bytes.length - 92 - 64 * 4104;
    const spoilt = bytes.map((byte, i) =>
      i < header || i >= bytes.length - 92 || (i >= header + 7 * 4104 && i < header + 8 * 4104)
        ? byte
        : byte ^ 1,
    );
    await writeFileBytes(vfs, path, spoilt);
  }
  expect(await rangeOf(store, start + 5, start + 9000)).toEqual(
    bytesOf(MIB).subarray(start + 5, start + 9000),
  );
  await expect(rangeOf(store, start, start + 4 * 4096 + 1)).rejects.toThrow("in stripe 8");
});

it("an encrypted object is AES-256-GCM, as another implementation of the format finds", async () => {
  const vfs = new MemoryVfs();
  await makeStore({ ...ENCRYPTED, compression: "zstd", inlineBytes: 4096 }, vfs);
  const store = await openStore("store.yaml", { vfs, environment: SECRET });
  const text = textOf(2000);
  await store.put("o", [text]);
  const [path] = await filesIn(vfs, "manifests");
  const { inline, coding, uploadId } = decodeManifest(await readFileBytes(vfs, path!), "x");
  const unseal = (key: Uint8Array, nonce: Uint8Array, about: Uint8Array, sealed: Buffer): Buffer => {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce).setAAD(about);
    decipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  };
  const wrapped = Buffer.from(coding.encryption!.wrappedKey, "hex");
  const about = Buffer.from(`object "o"\n${uploadId}`);
  const key = unseal(Buffer.from(SECRET.SECRET, "hex"), wrapped.subarray(0, 12), about, wrapped.subarray(12));
  const stored = Buffer.from(inline!, "base64");
  const segment = stored.subarray(0, -4);
  expect(stored.readUInt32LE(stored.length - 4)).toBe(segment.length);
  const framed = unseal(key, new Uint8Array(12), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1), segment);
  expect(framed[0]).toBe(1);
  expect(new Uint8Array(zstdDecompressSync(framed.subarray(1)))).toEqual(text);
});

it("a passphrase makes the key by scrypt", async () => {
  const vfs = new MemoryVfs();
  await makeStore({ encryption: { key: "file:secret", salt: "ab".repeat(16) } }, vfs);
  await writeFileBytes(vfs, "secret", new TextEncoder().encode("correct horse\n"));
  const store = await openStore("store.yaml", { vfs });
  await store.put("o", [bytesOf(500)]);
  expect(await readAll(await openStore("store.yaml", { vfs }), "o")).toEqual(bytesOf(500));
  await writeFileBytes(vfs, "secret", new TextEncoder().encode("wrong horse\n"));
  await expect(readAll(await openStore("store.yaml", { vfs }), "o")).rejects.toThrow("it needs the key");
});

describe("small objects", () => {
  it.each([0, 1, 4095, 4096, 4097])("of %i bytes lie in their manifests up to 4096", async (length) => {
    const { vfs, store } = await makeStore({ inlineBytes: 4096 });
    await store.put("o", [bytesOf(length)]);
    expect(await filesIn(vfs, "shards")).toHaveLength(length <= 4096 ? 0 : 6);
    for (const name of ["a", "b"]) await vfs.remove(name, { recursive: true });
    expect(await readAll(store, "o")).toEqual(bytesOf(length));
    expect((await store.stat("o")).isInline).toBe(length <= 4096);
    const { lost, shards } = await store.verify();
    expect({ lost, shards }).toEqual({ lost: 0, shards: length <= 4096 ? 0 : 6 });
  });

  it("replace large ones and are replaced by them, and leave nothing behind", async () => {
    const { vfs, store } = await makeStore({ inlineBytes: 100 });
    await store.put("o", [bytesOf(300)]);
    await store.put("o", [bytesOf(50)]);
    expect(await readAll(store, "o")).toEqual(bytesOf(50));
    expect(await filesIn(vfs, "shards")).toEqual([]);
    await store.put("o", [bytesOf(300)]);
    expect(await store.verify()).toMatchObject({ objects: 1, shards: 6, problems: [] });
    await store.remove("o");
    expect(await filesOf(vfs)).toEqual([]);
  });

  it("need as many copies as there may be losses, and one more", async () => {
    const { vfs, store } = await makeStore({ inlineBytes: 100 });
    for (const name of ["a", "b", "c"]) await vfs.remove(name, { recursive: true });
    await store.put("o", [bytesOf(50)]);
    await vfs.remove("d", { recursive: true });
    await expect(store.put("o", [bytesOf(51)])).rejects.toThrow("its manifest could not be written");
    expect(await readAll(store, "o")).toEqual(bytesOf(50));
  });
});

it("a raw object is one piece on one backend, checked when it is read", async () => {
  const { vfs, store } = await makeStore();
  await store.put("o", [bytesOf(1000)], { raw: true });
  const [path, ...others] = await filesIn(vfs, "shards");
  expect(others).toEqual([]);
  expect(await readAll(store, "o")).toEqual(bytesOf(1000));
  expect(await store.verify()).toMatchObject({ shards: 1, problems: [] });
  const bytes = await readFileBytes(vfs, path!);
  await writeFileBytes(vfs, path!, bytes.with(500, bytes[500]! ^ 1));
  await expect(readAll(store, "o")).rejects.toThrow("0 of 1 shards can be read");
  expect(await store.repair()).toMatchObject({ lost: ["o"] });
});

it("every pattern of losses that parity allows is made good, and none beyond it", async () => {
  for (const [dataShards, parityShards] of [
    [2, 1],
    [4, 2],
    [6, 3],
    [8, 4],
  ] as const) {
    const total = dataShards + parityShards;
    const backends = Object.fromEntries(Array.from({ length: total }, (_, i) => [`d${i}`, `dir:d${i}`]));
    const { vfs, store } = await makeStore({ dataShards, parityShards, backends });
    const bytes = bytesOf(16 * dataShards + 5);
    await store.put("o", [bytes]);
    const paths = await filesIn(vfs, "shards", Object.keys(backends));
    expect(paths).toHaveLength(total);
    const kept = await Promise.all(paths.map((path) => readFileBytes(vfs, path)));
    for (let pattern = 1; pattern < 1 << total; pattern++) {
      const lost = paths.filter((_, i) => pattern & (1 << i));
      if (lost.length > parityShards + 1) continue;
      // Patterns of one too many are sampled: they all end at the same check.
      if (lost.length > parityShards && pattern % 16 !== 0) continue;
      for (const path of lost) await vfs.remove(path);
      if (lost.length <= parityShards) expect(await readAll(store, "o")).toEqual(bytes);
      else await expect(readAll(store, "o")).rejects.toThrow(`${dataShards} are needed`);
      for (const [i, path] of paths.entries())
        if (lost.includes(path)) await writeFileBytes(vfs, path, kept[i]!);
    }
  }
});

it("folders go in and come out, names and all", async () => {
  using place = tempDirectory();
  const at = (path: string): string => `${place.path}/${path}`;
  for (const path of ["in/a.txt", "in/deep/er/b.txt", "in/empty"]) {
    await diskVfs.makeDirectory(at(path).replace(/\/[^/]*$/, ""));
    await writeFileBytes(
      diskVfs,
      at(path),
      path === "in/empty" ? new Uint8Array(0) : bytesOf(path.length * 1000),
    );
  }
  const backends = Object.fromEntries(["a", "b", "c"].map((name) => [name, `dir:${name}`]));
  await initStore(diskVfs, at("store.yaml"), { dataShards: 2, parityShards: 1, backends });
  const store = await openStore(at("store.yaml"));
  const put = await putFolder(store, diskVfs, "backup", at("in"));
  expect(put).toMatchObject({ objects: 3, bytes: 24_000, failedShards: [] });
  await store.put("backupX", [bytesOf(5)]);
  expect((await store.list()).map(({ name }) => name)).toEqual([
    "backup/a.txt",
    "backup/deep/er/b.txt",
    "backup/empty",
    "backupX",
  ]);
  const got = await getFolder(store, diskVfs, "backup", at("out"));
  expect(got).toEqual({ objects: 3, bytes: 24_000 });
  for (const path of ["a.txt", "deep/er/b.txt", "empty"]) {
    expect(await readFileBytes(diskVfs, at(`out/${path}`))).toEqual(
      await readFileBytes(diskVfs, at(`in/${path}`)),
    );
  }
});
