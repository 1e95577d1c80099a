import { seededRandom } from "@millrace/base";
import {
  AtomicFile,
  atomicWrite,
  MemoryVfs,
  removeStaleTemporaries,
  toFileError,
  type Vfs,
} from "@millrace/files";
import { expect, test } from "vitest";

const OLD = Uint8Array.of(1, 1, 1);

async function withOld(): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  await vfs.makeDirectory("d");
  await atomicWrite(vfs, "d/a", OLD);
  return vfs;
}

async function contentOf(vfs: Vfs, path: string): Promise<number[]> {
  await using file = await vfs.open(path, "r");
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return [...bytes];
}

async function namesIn(vfs: Vfs, path: string): Promise<string[]> {
  return (await vfs.list(path)).map((entry) => entry.name);
}

/** Notes the calls that matter for durability, and fails the one that is named. */
function watched(vfs: MemoryVfs, failing?: string): { vfs: Vfs; calls: string[] } {
  const calls: string[] = [];
  const note = (call: string, path: string): void => {
    calls.push(call);
    if (call === failing) throw toFileError({ code: "EIO" }, path, call);
  };
  const wrapper = new Proxy(vfs, {
    get: (target, key) => {
      if (key === "open") {
        return async (...args: Parameters<Vfs["open"]>) => {
          const file = await target.open(...args);
          file.sync = async () => note("sync", file.path);
          return file;
        };
      }
      const method = Reflect.get(target, key).bind(target);
      if (key !== "rename" && key !== "syncDirectory") return method;
      return async (...args: unknown[]) => {
        note(key, String(args[0]));
        return method(...args);
      };
    },
  });
  return { vfs: wrapper, calls };
}

test("the target is untouched until the commit, which replaces it", async () => {
  const vfs = await withOld();
  await using output = await AtomicFile.create(vfs, "d/a");
  await output.write(Uint8Array.of(2, 3));
  await output.write(Uint8Array.of(4));
  await output.file.write(Uint8Array.of(9), 0);
  expect(await contentOf(vfs, "d/a")).toEqual([...OLD]);
  expect(await namesIn(vfs, "d")).toEqual([expect.stringMatching(/^\.a\.[0-9a-f]{16}\.tmp$/), "a"]);
  await output.commit();
  expect(await contentOf(vfs, "d/a")).toEqual([9, 3, 4]);
  expect(await namesIn(vfs, "d")).toEqual(["a"]);
  await expect(output.write(OLD)).rejects.toMatchObject({ code: "FILES_ATOMIC_CLOSED" });
});

test("a small file is opened and renamed at once, and appears as any other", async () => {
  const vfs = await withOld();
  const refused = async (): Promise<never> => {
    throw new Error("this waits for another thread");
  };
  vfs.open = refused;
  vfs.rename = refused;
  const output = await AtomicFile.create(vfs, "d/a", { isSmall: true });
  await output.write(Uint8Array.of(2, 3));
  expect(await namesIn(vfs, "d")).toEqual([expect.stringMatching(/^\.a\.[0-9a-f]{16}\.tmp$/), "a"]);
  await output.commit();
  expect(await namesIn(vfs, "d")).toEqual(["a"]);
  expect(vfs.openSync("d/a", "r").sizeSync()).toBe(2);
  await expect(AtomicFile.create(vfs, "none/a", { isSmall: true })).rejects.toMatchObject({
    code: "FILES_NOT_FOUND",
    path: "none/a",
  });
});

test("a commit fails when any sync of a long file failed, though later ones do well", async () => {
  const vfs = await withOld();
  const output = await AtomicFile.create(vfs, "d/a");
  let syncs = 0;
  output.file.sync = async () => {
    if (++syncs === 1) throw toFileError({ code: "EIO" }, output.file.path, "sync");
  };
  const chunk = new Uint8Array(16 * 1024 * 1024);
  for (let i = 0; i < 3; i++) {
    await output.write(chunk);
    // The early sync ends.
    await new Promise(setImmediate);
  }
  expect(syncs).toBe(3);
  await expect(output.commit()).rejects.toMatchObject({ path: "d/a", syscall: "sync" });
  expect(await contentOf(vfs, "d/a")).toEqual([...OLD]);
  expect(await namesIn(vfs, "d")).toEqual(["a"]);
});

test("abort, and disposal without a commit, leave nothing behind", async () => {
  const vfs = await withOld();
  {
    await using output = await AtomicFile.create(vfs, "d/a");
    await output.write(Uint8Array.of(2));
  }
  const aborted = await AtomicFile.create(vfs, "d/b");
  await aborted.abort();
  await aborted.close();
  expect(await namesIn(vfs, "d")).toEqual(["a"]);
  expect(await contentOf(vfs, "d/a")).toEqual([...OLD]);
});

test("syncs the file, renames it and syncs the directory, in this order and only for disk", async () => {
  const disk = watched(await withOld());
  await atomicWrite(disk.vfs, "d/a", OLD);
  expect(disk.calls).toEqual(["sync", "rename", "syncDirectory"]);
  for (const durability of ["none", "os"] as const) {
    const os = watched(await withOld());
    await atomicWrite(os.vfs, "d/a", OLD, { durability });
    expect(os.calls).toEqual(["rename"]);
  }
});

test.each(["sync", "rename"])("a failed %s leaves the old target and no temporary file", async (call) => {
  const memory = await withOld();
  const { vfs } = watched(memory, call);
  await expect(atomicWrite(vfs, "d/a", Uint8Array.of(2))).rejects.toMatchObject({
    code: "FILES_IO_FAILED",
    syscall: call,
  });
  expect(await namesIn(memory, "d")).toEqual(["a"]);
  expect(await contentOf(memory, "d/a")).toEqual([...OLD]);
});

test("chunks are written in order, and a failing producer changes nothing", async () => {
  const vfs = await withOld();
  await atomicWrite(vfs, "d/a", [Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)]);
  expect(await contentOf(vfs, "d/a")).toEqual([1, 2, 3]);
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield seededRandom(1).fill(new Uint8Array(10));
    throw new Error("producer failed");
  };
  await expect(atomicWrite(vfs, "d/a", failing())).rejects.toThrow("producer failed");
  expect(await contentOf(vfs, "d/a")).toEqual([1, 2, 3]);
  expect(await namesIn(vfs, "d")).toEqual(["a"]);
});

test("removes the temporary files of crashed writers and no others", async () => {
  const vfs = await withOld();
  await AtomicFile.create(vfs, "d/a");
  await AtomicFile.create(vfs, "d/b");
  await atomicWrite(vfs, "d/.a.tmp", OLD);
  await atomicWrite(vfs, "d/x.0123456789abcdef.tmp", OLD);
  await vfs.makeDirectory("d/.c.0123456789abcdef.tmp");
  expect(await removeStaleTemporaries(vfs, "d")).toBe(2);
  expect(await namesIn(vfs, "d")).toEqual([
    ".a.tmp",
    ".c.0123456789abcdef.tmp",
    "a",
    "x.0123456789abcdef.tmp",
  ]);
});

test("rejects options it does not know", async () => {
  const vfs = await withOld();
  const wrong = { durability: "forever" } as unknown as { durability: "disk" };
  await expect(atomicWrite(vfs, "d/a", OLD, wrong)).rejects.toMatchObject({ code: "FILES_OPTION_VALUE" });
  await expect(atomicWrite(vfs, "none/a", OLD)).rejects.toMatchObject({ code: "FILES_NOT_FOUND" });
});

test("an error names the file that was asked for, not the temporary one", async () => {
  const missing = atomicWrite(new MemoryVfs(), "nowhere/report.bin", OLD);
  await expect(missing).rejects.toMatchObject({ code: "FILES_NOT_FOUND", path: "nowhere/report.bin" });
  await expect(atomicWrite(new MemoryVfs(), "nowhere/report.bin", OLD)).rejects.not.toThrow(".tmp");

  const { vfs } = watched(await withOld(), "sync");
  await expect(atomicWrite(vfs, "d/a", OLD)).rejects.toMatchObject({ code: "FILES_IO_FAILED", path: "d/a" });
});
