import { seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { decodeShardHeader } from "../src/shard-format.ts";
import { filesIn, makeStore, readAll, readFileBytes, writeFileBytes } from "./stores.ts";

const BYTES = seededRandom(5).fill(new Uint8Array(150));

async function storeWithObject(): ReturnType<typeof makeStore> {
  const made = await makeStore();
  await made.store.put("o", [BYTES]);
  return made;
}

describe("a damaged shard", () => {
  it("is found at each of its bytes, and made good", async () => {
    const { vfs, store } = await storeWithObject();
    const [data, , , , parity] = await filesIn(vfs, "shards");
    for (const path of [data!, parity!]) {
      const bytes = await readFileBytes(vfs, path);
      for (let at = 0; at < bytes.length; at++) {
        await writeFileBytes(vfs, path, bytes.with(at, bytes[at]! ^ (1 << (at % 8))));
        const found = await store.verify();
        if (found.corrupt !== 1 || found.recoverable !== 1) expect({ path, at, found }).toBe("found");
        expect(await readAll(store, "o")).toEqual(BYTES);
      }
      await writeFileBytes(vfs, path, bytes);
    }
    expect((await store.verify()).problems).toEqual([]);
  });

  it("is found when it is cut off anywhere, or added to", async () => {
    const { vfs, store } = await storeWithObject();
    const path = (await filesIn(vfs, "shards"))[1]!;
    const bytes = await readFileBytes(vfs, path);
    for (let length = 0; length < bytes.length; length++) {
      await writeFileBytes(vfs, path, bytes.subarray(0, length));
      expect(await store.verify()).toMatchObject({ corrupt: 1, recoverable: 1 });
    }
    expect(await readAll(store, "o")).toEqual(BYTES);
    await writeFileBytes(vfs, path, new Uint8Array([...bytes, 0]));
    expect((await store.verify()).problems[0]!.problem).toContain("cut short or added to");
  });

  it("is found when two shards changed places: the header says which one it is", async () => {
    const { vfs, store } = await storeWithObject();
    const [first, second] = await filesIn(vfs, "shards");
    const [a, b] = [await readFileBytes(vfs, first!), await readFileBytes(vfs, second!)];
    await writeFileBytes(vfs, first!, b);
    await writeFileBytes(vfs, second!, a);
    const { corrupt, problems } = await store.verify();
    expect(corrupt).toBe(2);
    expect(problems[0]!.problem).toContain("this is another shard: its shardIndex is 1, expected 0");
    expect(await readAll(store, "o")).toEqual(BYTES);
  });

  it("is found when it is of another object or another upload", async () => {
    const { vfs, store } = await storeWithObject();
    const [mine] = await filesIn(vfs, "shards");
    const other = await makeStore();
    await other.store.put("o", [BYTES]);
    const [theirs] = await filesIn(other.vfs, "shards");
    await writeFileBytes(vfs, mine!, await readFileBytes(other.vfs, theirs!));
    expect((await store.verify()).problems[0]!.problem).toContain("uploadId");
    expect(await readAll(store, "o")).toEqual(BYTES);
  });

  it("is found when two of its units changed places", async () => {
    const { vfs, store } = await storeWithObject();
    const path = (await filesIn(vfs, "shards"))[2]!;
    const bytes = await readFileBytes(vfs, path);
    const start = decodeShardHeader(bytes, path).headerBytes;
    const swapped = bytes.slice();
    swapped.set(bytes.subarray(start + 20, start + 40), start);
    swapped.set(bytes.subarray(start, start + 20), start + 20);
    await writeFileBytes(vfs, path, swapped);
    const { corrupt, problems } = await store.verify();
    expect(corrupt).toBe(1);
    expect(problems[0]!.problem).toContain("the checksum of unit 0 is wrong (and 1 more units)");
    expect(await readAll(store, "o")).toEqual(BYTES);
  });

  it("costs a stripe, not the object: damage in every shard is made good where each stripe has enough", async () => {
    const { vfs, store } = await storeWithObject();
    const paths = await filesIn(vfs, "shards");
    const start = decodeShardHeader(await readFileBytes(vfs, paths[0]!), "").headerBytes;
    const flip = async (shard: number, unit: number): Promise<void> => {
      const bytes = await readFileBytes(vfs, paths[shard]!);
      bytes[start + unit * 20 + 10]! ^= 255;
      await writeFileBytes(vfs, paths[shard]!, bytes);
    };
    await flip(0, 0);
    await flip(1, 0);
    await flip(2, 1);
    await flip(3, 1);
    await flip(4, 2);
    await flip(5, 2);
    expect(await store.verify()).toMatchObject({ corrupt: 6, recoverable: 1, lost: 0 });
    const damaged: number[] = [];
    await store.getFile("o", "out", { onDamage: ({ shard }) => damaged.push(shard) });
    expect(await readFileBytes(vfs, "out")).toEqual(BYTES);
    expect(damaged).toEqual(expect.arrayContaining([0, 1, 2, 3]));

    await flip(5, 1);
    expect(await store.verify()).toMatchObject({ recoverable: 0, lost: 1 });
    await expect(store.getFile("o", "lost")).rejects.toThrow("3 of 6 shards can be read in stripe 1");
    expect(await vfs.exists("lost")).toBe(false);
  });
});

describe("a damaged manifest", () => {
  it("is found at each of its bytes, and another copy is used", async () => {
    const { vfs, store } = await storeWithObject();
    const path = (await filesIn(vfs, "manifests"))[0]!;
    const bytes = await readFileBytes(vfs, path);
    for (let at = 0; at < bytes.length; at++) {
      await writeFileBytes(vfs, path, bytes.with(at, bytes[at]! ^ 1));
      const { badManifests, recoverable } = await store.verify();
      if (badManifests !== 1 || recoverable !== 0) expect({ at, badManifests }).toBe("found");
    }
    expect(await readAll(store, "o")).toEqual(BYTES);
    await store.put("o", [BYTES]);
    expect((await store.verify()).problems).toEqual([]);
  });

  it("is found when it is another object's, under this one's key", async () => {
    const { vfs, store } = await storeWithObject();
    const before = await filesIn(vfs, "manifests");
    await store.put("p", [BYTES.subarray(9)]);
    const other = (await filesIn(vfs, "manifests")).find((path) => !before.includes(path));
    await writeFileBytes(vfs, before[0]!, await readFileBytes(vfs, other!));
    const { problems } = await store.verify();
    expect(problems).toHaveLength(1);
    expect(problems[0]!.problem).toContain('the manifest of "p"');
    expect(await readAll(store, "o")).toEqual(BYTES);
  });

  it("leads to an object that is lost when all copies are damaged", async () => {
    const { vfs, store } = await storeWithObject();
    for (const path of await filesIn(vfs, "manifests")) await writeFileBytes(vfs, path, new Uint8Array(10));
    expect(await store.verify()).toMatchObject({ objects: 1, badManifests: 6, lost: 1 });
    await expect(readAll(store, "o")).rejects.toThrow("its checksum is wrong");
    expect(await store.list()).toEqual([]);
  });
});
