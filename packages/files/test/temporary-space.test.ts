import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMillraceError, seededRandom } from "@millrace/base";
import { afterAll, describe, expect, it } from "vitest";
import { diskVfs, MemoryVfs, SpilledBytes, TemporarySpace } from "../src/index.ts";

const scratch = mkdtempSync(join(tmpdir(), "millrace-space-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A volume that has so many bytes, by directory; what is written does not count. */
class SmallVolumes extends MemoryVfs {
  readonly free = new Map<string, number>();
  asked = 0;

  override async freeBytes(path: string): Promise<number | undefined> {
    this.asked++;
    return this.free.get(path);
  }
}

const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));

async function contentOf(bytes: SpilledBytes): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes.chunks()) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

describe("a temporary space", () => {
  it("puts a file into the first directory that has room, with what is promised to others counted", async () => {
    const vfs = new SmallVolumes();
    vfs.free.set("fast", 100).set("slow", 1000);
    const space = new TemporarySpace(vfs, ["fast", "slow"]);
    const first = await space.createFile(60);
    const second = await space.createFile(60);
    expect(first.path).toMatch(/^fast\//);
    expect(second.path).toMatch(/^slow\//);
    await first.append(bytesOf(60));
    vfs.free.set("fast", 40);
    const third = await space.createFile(40);
    expect(third.path).toMatch(/^fast\//);
    expect(space.statistics).toEqual({ usedBytes: 60, peakBytes: 60, files: 3 });
    for (const file of [first, second, third]) await file.close();
    expect(space.statistics).toEqual({ usedBytes: 0, peakBytes: 60, files: 0 });
    expect(await vfs.list("fast")).toEqual([]);
    expect(await vfs.list("slow")).toEqual([]);
  });

  it("says of each directory why it does not do", async () => {
    const vfs = new SmallVolumes();
    vfs.free.set("a", 10);
    await (await vfs.open("file", "create")).close();
    const failure: unknown = await new TemporarySpace(vfs, ["a", "file"])
      .createFile(11)
      .catch((error: unknown) => error);
    expect(isMillraceError(failure, "FILES_NO_SPACE")).toBe(true);
    expect(String(failure)).toContain("a has no room for 11 bytes; file: ");
  });

  it("removes what a killed process left, and nothing of those that live", async () => {
    const alive = new TemporarySpace(diskVfs, [scratch]);
    await using mine = await alive.createFile(1);
    const program = `
      import { diskVfs, TemporarySpace } from "@millrace/files";
      const file = await new TemporarySpace(diskVfs, [process.argv[1]]).createFile(10);
      await file.append(new Uint8Array(10));
      process.kill(process.pid, "SIGKILL");`;
    const args = ["--conditions=@millrace/source", "--input-type=module", "-e", program, scratch];
    expect(() => execFileSync(process.execPath, args, { cwd: import.meta.dirname })).toThrow("SIGKILL");
    mkdirSync(`${scratch}/.millrace-other`);
    writeFileSync(`${scratch}/.millrace-temp-not-a-folder`, "");
    expect(readdirSync(scratch)).toHaveLength(4);
    await using other = await new TemporarySpace(diskVfs, [scratch]).createFile(1);
    const left = readdirSync(scratch).filter((name) => /^\.millrace-temp-.{36}$/.test(name));
    expect(left).toHaveLength(2);
    expect(left.some((name) => mine.path.includes(name))).toBe(true);
    expect(left.some((name) => other.path.includes(name))).toBe(true);
    expect(await alive.removeStale()).toBe(0);
  });

  it("gives a new folder to whoever comes when the last file is just being closed", async () => {
    const vfs = new MemoryVfs();
    const space = new TemporarySpace(vfs, ["t"]);
    for (let i = 0; i < 20; i++) {
      const before = await space.createFile(1);
      const [next] = await Promise.all([space.createFile(1), before.close(), before.close()]);
      await next.append(bytesOf(3));
      const found = new Uint8Array(3);
      expect(await next.read(found, 0)).toBe(3);
      expect(found).toEqual(bytesOf(3));
      await next.close();
    }
    expect(await vfs.list("t")).toEqual([]);
  });
});

describe("bytes that are gathered", () => {
  it.each([0, 1, 99, 100, 101, 1_000_000])("come back, %i of them, as often as wanted", async (length) => {
    const vfs = new MemoryVfs();
    const space = new TemporarySpace(vfs, ["t"]);
    const bytes = new SpilledBytes(space, 100);
    const all = bytesOf(length);
    for (let at = 0; at < length; at += 70_000) await bytes.append(all.subarray(at, at + 70_000));
    expect(bytes.length).toBe(length);
    for (let i = 0; i < 2; i++) expect(Buffer.compare(await contentOf(bytes), all)).toBe(0);
    expect(space.statistics.files).toBe(length > 100 ? 1 : 0);
    await bytes.close();
    await bytes.close();
    expect(space.statistics.files).toBe(0);
    await expect(bytes.append(all)).rejects.toThrow("gathered bytes is closed");
  });

  it("go on in the next directory when one is full, and do not ask for each append", async () => {
    const vfs = new SmallVolumes();
    vfs.free.set("a", 1000).set("b", 1e9);
    const space = new TemporarySpace(vfs, ["a", "b"]);
    await using bytes = new SpilledBytes(space, 0);
    for (let i = 0; i < 30; i++) {
      await bytes.append(bytesOf(100));
      // What was written is no longer free.
      if (i < 10) vfs.free.set("a", 1000 - (i + 1) * 100);
    }
    expect(space.statistics).toMatchObject({ files: 2, usedBytes: 3000 });
    expect(await contentOf(bytes)).toEqual(new Uint8Array(Buffer.concat(Array(30).fill(bytesOf(100)))));
    expect(vfs.asked).toBeLessThan(40);
  });
});

/** A file system whose calls take a few turns of the event loop, more or fewer. */
function unsteady(vfs: MemoryVfs, seed: number): MemoryVfs {
  const random = seededRandom(seed);
  return new Proxy(vfs, {
    get: (_, name) => {
      const value: unknown = Reflect.get(vfs, name, vfs);
      if (typeof value !== "function") return value;
      if (String(name).endsWith("Sync")) return value.bind(vfs);
      return async (...given: unknown[]): Promise<unknown> => {
        for (let turns = random.nextInt(0, 3); turns > 0; turns--) await new Promise(setImmediate);
        return await Reflect.apply(value, vfs, given);
      };
    },
  });
}

it("a space that looks for what dead processes left takes nothing from one that is just being made", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const vfs = unsteady(new MemoryVfs(), seed);
    const space = new TemporarySpace(vfs, ["scratch"]);
    const others = Array.from({ length: 5 }, () => new TemporarySpace(vfs, ["scratch"]));
    await Promise.all(
      [space, ...others, space].map(async (one, i) => {
        await using file = await one.createFile(10);
        await file.append(new Uint8Array([i]));
        const read = new Uint8Array(1);
        await file.read(read, 0);
        expect(read[0]).toBe(i);
      }),
    );
  }
});
