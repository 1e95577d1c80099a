import { seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, test } from "vitest";

const SECTOR = 512;

async function contentOf(vfs: FaultyVfs, path: string): Promise<Uint8Array> {
  await using file = await vfs.open(path, "r");
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return bytes;
}

/** A file "a" whose name and first content (all 1) are durable, four sectors long. */
async function withDurableFile(seed: number): Promise<FaultyVfs> {
  const vfs = new FaultyVfs(seed);
  await using file = await vfs.open("a", "create");
  await file.write(new Uint8Array(4 * SECTOR).fill(1), 0);
  await file.sync();
  await vfs.syncDirectory("/");
  return vfs;
}

describe("a file system that keeps the promises of a Vfs", () => {
  test("reads back, truncates, lengthens and allocates", async () => {
    const vfs = new FaultyVfs(1);
    await using file = await vfs.open("./a", "create");
    await file.write(Uint8Array.of(1, 2, 3), 2);
    await file.truncate(4);
    await file.truncate(6);
    expect([...(await contentOf(vfs, "/a"))]).toEqual([0, 0, 1, 2, 0, 0]);
    await file.allocate(5000);
    await file.allocate(10);
    expect(file.sizeSync()).toBe(5000);
    expect(await file.read(new Uint8Array(8), 4996)).toBe(4);
    expect(await file.read(new Uint8Array(8), 9000)).toBe(0);
  });

  test("refuses what a disk refuses, with the same codes", async () => {
    const vfs = new FaultyVfs(1);
    await vfs.makeDirectory("d/e");
    const file = await vfs.open("d/f", "create");
    await expect(vfs.open("x", "r")).rejects.toMatchObject({ code: "FILES_NOT_FOUND" });
    await expect(vfs.open("no/x", "create")).rejects.toMatchObject({ code: "FILES_NOT_FOUND" });
    await expect(vfs.open("d/f", "create")).rejects.toMatchObject({ code: "FILES_EXISTS" });
    await expect(vfs.open("d", "r+")).rejects.toMatchObject({ code: "FILES_IS_DIRECTORY" });
    await expect(vfs.open("d/f/x", "r")).rejects.toMatchObject({ code: "FILES_NOT_DIRECTORY" });
    await expect(vfs.list("d/f")).rejects.toMatchObject({ code: "FILES_NOT_DIRECTORY" });
    await expect(vfs.remove("d")).rejects.toMatchObject({ code: "FILES_NOT_EMPTY" });
    expect(await vfs.list("d")).toEqual([
      { name: "e", kind: "directory" },
      { name: "f", kind: "file" },
    ]);
    await vfs.remove("d", { recursive: true });
    expect(await vfs.list("/")).toEqual([]);
    expect(file.sizeSync()).toBe(0);
    await file.close();
    await expect(file.sync()).rejects.toMatchObject({ code: "FILES_FILE_CLOSED" });
  });

  test("locks out a second user, but not after a crash", async () => {
    const vfs = new FaultyVfs(1);
    const lock = await vfs.lock("lock");
    await expect(vfs.lock("lock")).rejects.toMatchObject({ code: "FILES_LOCKED" });
    await lock.release();
    await vfs.lock("lock");
    await (await vfs.crash(seededRandom(1)).lock("lock")).release();
  });
});

describe("crash", () => {
  test("keeps all that was synced, whatever the seed", async () => {
    for (let seed = 0; seed < 100; seed++) {
      const vfs = await withDurableFile(seed);
      const found = await contentOf(vfs.crash(seededRandom(seed)), "a");
      expect(found).toEqual(new Uint8Array(4 * SECTOR).fill(1));
    }
  });

  test("leaves any mixture of old and new sectors, never a mixture within one", async () => {
    const outcomes = new Set<string>();
    const vfs = await withDurableFile(3);
    const file = await vfs.open("a", "r+");
    await file.write(new Uint8Array(3 * SECTOR).fill(2), 0);
    for (let seed = 0; seed < 200; seed++) {
      const found = await contentOf(vfs.crash(seededRandom(seed)), "a");
      const sectors = [0, 1, 2, 3].map((i) => new Set(found.subarray(i * SECTOR, (i + 1) * SECTOR)));
      expect(sectors.every((sector) => sector.size === 1)).toBe(true);
      outcomes.add(sectors.map((sector) => [...sector][0]).join(""));
    }
    expect(outcomes.size).toBe(8);
    expect([...outcomes].every((outcome) => outcome.endsWith("1"))).toBe(true);
  });

  test("may lose a new size, or keep it with zeros where the bytes were lost", async () => {
    const vfs = await withDurableFile(3);
    const file = await vfs.open("a", "r+");
    await file.write(new Uint8Array(SECTOR).fill(2), 4 * SECTOR);
    const lasts = new Set<number>();
    const sizes = new Set<number>();
    for (let seed = 0; seed < 100; seed++) {
      const found = await contentOf(vfs.crash(seededRandom(seed)), "a");
      sizes.add(found.length);
      if (found.length === 5 * SECTOR) lasts.add(found.at(-1)!);
    }
    expect([...lasts].sort()).toEqual([0, 2]);
    expect(sizes).toContain(4 * SECTOR);
    expect(sizes.size).toBeGreaterThan(2);
  });

  test("may undo an unsynced truncation", async () => {
    const vfs = await withDurableFile(3);
    const file = await vfs.open("a", "r+");
    await file.truncate(0);
    expect((await contentOf(vfs.crash(seededRandom(1), { survival: 0 }), "a")).length).toBe(4 * SECTOR);
    expect((await contentOf(vfs.crash(seededRandom(1), { survival: 1 }), "a")).length).toBe(0);
  });

  test("may find the older of two unsynced versions of a sector", async () => {
    const found = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const vfs = await withDurableFile(seed);
      const file = await vfs.open("a", "r+");
      await file.write(new Uint8Array(SECTOR).fill(2), 0);
      await file.write(new Uint8Array(SECTOR).fill(3), 0);
      found.add((await contentOf(vfs.crash(seededRandom(seed)), "a"))[0]!);
    }
    expect([...found].sort()).toEqual([1, 2, 3]);
  });

  test("loses names that no directory sync made durable, though the bytes were synced", async () => {
    const vfs = await withDurableFile(1);
    const file = await vfs.open("b", "create");
    await file.write(Uint8Array.of(5), 0);
    await file.sync();
    await vfs.rename("a", "c");
    const none = vfs.crash(seededRandom(1), { survival: 0 });
    expect((await none.list("/")).map((entry) => entry.name)).toEqual(["a"]);
    const all = vfs.crash(seededRandom(1), { survival: 1 });
    expect((await all.list("/")).map((entry) => entry.name)).toEqual(["b", "c"]);
    expect([...(await contentOf(all, "b"))]).toEqual([5]);
  });

  test("shows a rename over a file as the old or the new one, never as none", async () => {
    const vfs = await withDurableFile(1);
    const file = await vfs.open("b", "create");
    await file.write(Uint8Array.of(5), 0);
    await file.sync();
    await vfs.syncDirectory("/");
    await vfs.rename("b", "a");
    const sizes = new Set<number>();
    for (let seed = 0; seed < 50; seed++)
      sizes.add((await contentOf(vfs.crash(seededRandom(seed)), "a")).length);
    expect([...sizes].sort((a, b) => a - b)).toEqual([1, 4 * SECTOR]);
  });

  test("loses what lies in a directory whose own name was lost", async () => {
    const make = async (): Promise<FaultyVfs> => {
      const vfs = new FaultyVfs(1);
      await vfs.makeDirectory("d");
      await (await vfs.open("d/f", "create")).close();
      await vfs.syncDirectory("d");
      return vfs;
    };
    expect(await (await make()).crash(seededRandom(1), { survival: 0 }).list("/")).toEqual([]);
    const synced = await make();
    await synced.syncDirectory("/");
    expect(await synced.crash(seededRandom(1), { survival: 0 }).exists("d/f")).toBe(true);
  });

  test("stops the old machine for good", async () => {
    const vfs = await withDurableFile(1);
    const file = await vfs.open("a", "r+");
    vfs.crash(seededRandom(1));
    expect(vfs.isHalted).toBe(true);
    await expect(file.write(Uint8Array.of(1), 0)).rejects.toThrow("the simulated power is off");
    expect(() => file.syncSync()).toThrow("power is off");
    await expect(vfs.list("/")).rejects.toThrow("power is off");
    await file.close();
  });

  test("gives the same outcome for the same seeds", async () => {
    const run = async (): Promise<string> => {
      const vfs = await withDurableFile(9);
      const file = await vfs.open("a", "r+");
      for (let i = 0; i < 20; i++) await file.write(seededRandom(i).fill(new Uint8Array(300)), i * 200);
      return (await contentOf(vfs.crash(seededRandom(4)), "a")).toString();
    };
    expect(await run()).toBe(await run());
  });
});

describe("planned failures", () => {
  test("the n-th call fails, once or as often as asked, on matching paths only", async () => {
    const vfs = await withDurableFile(1);
    const file = await vfs.open("a", "r+");
    vfs.failNth({ call: "read", n: 2, error: "EIO", times: 2, path: "a" });
    const into = new Uint8Array(1);
    await file.read(into, 0);
    await expect(file.read(into, 0)).rejects.toMatchObject({ code: "FILES_IO_FAILED" });
    expect(() => file.readSync(into, 0)).toThrow("EIO");
    expect(await file.read(into, 0)).toBe(1);
    vfs.failNth({ call: "open", n: 1, error: "EACCES", path: "b" });
    await (await vfs.open("a", "r")).close();
    await expect(vfs.open("b", "create")).rejects.toMatchObject({ code: "FILES_NO_PERMISSION" });
    expect(vfs.callCount("read")).toBe(4);
  });

  test("a write that meets a full disk is done in part", async () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const vfs = new FaultyVfs(seed);
      const file = await vfs.open("a", "create");
      vfs.failNth({ call: "write", n: 1, error: "ENOSPC" });
      const write = file.write(new Uint8Array(100).fill(7), 0);
      await expect(write).rejects.toMatchObject({ code: "FILES_NO_SPACE", syscall: "write" });
      lengths.add(file.sizeSync());
    }
    expect(lengths.size).toBeGreaterThan(5);
  });

  test("after a failed sync the next one succeeds, but lost pages stay lost", async () => {
    let losses = 0;
    for (let seed = 0; seed < 20; seed++) {
      const vfs = await withDurableFile(seed);
      const file = await vfs.open("a", "r+");
      await file.write(new Uint8Array(SECTOR).fill(2), 0);
      vfs.failNth({ call: "sync", n: 1, error: "EIO" });
      await expect(file.sync()).rejects.toMatchObject({ code: "FILES_IO_FAILED" });
      await file.sync();
      expect((await contentOf(vfs, "a"))[0]).toBe(2);
      if ((await contentOf(vfs.crash(seededRandom(seed)), "a"))[0] === 1) losses++;
    }
    expect(losses).toBeGreaterThan(3);
    expect(losses).toBeLessThan(17);
  });

  test("the power goes during the call that was planned, and stays off", async () => {
    const vfs = await withDurableFile(1);
    const file = await vfs.open("a", "r+");
    vfs.haltAfter(2);
    await file.write(Uint8Array.of(4), 0);
    await file.sync();
    await file.read(new Uint8Array(1), 0);
    await expect(file.write(Uint8Array.of(5), 0)).rejects.toThrow("power is off");
    expect(vfs.isHalted).toBe(true);
    await expect(file.read(new Uint8Array(1), 0)).rejects.toThrow("power is off");
    expect((await contentOf(vfs.crash(seededRandom(1), { survival: 0 }), "a"))[0]).toBe(4);
  });
});
