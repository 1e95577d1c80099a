import { seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { Wal } from "@millrace/wal";
import { expect, test } from "vitest";
import { textRecord, textsIn } from "./helpers.ts";

const afterPowerLoss = (vfs: FaultyVfs): FaultyVfs => vfs.crash(seededRandom(1), { survival: 0 });
const afterKill = (vfs: FaultyVfs): FaultyVfs => vfs.crash(seededRandom(1), { survival: 1 });

/** Holds this thread, so that no timer runs. */
const blockFor = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

async function textsAfter(vfs: FaultyVfs): Promise<string[]> {
  await using wal = await Wal.open(vfs, "log");
  return textsIn(wal);
}

test("disk: an acknowledged record survives the loss of everything that was not synced", async () => {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log");
  await wal.append(textRecord("a"));
  await wal.append(textRecord("b"));
  expect(wal.stats.durableLsn).toBe(2);
  expect(await textsAfter(afterPowerLoss(vfs))).toEqual(["a", "b"]);
});

test("a record waits for what has to be done before it, and those behind it wait with it", async () => {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log");
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = wal.append(textRecord("a"), promise);
  expect(wal.isWriting).toBe(true);
  expect(() => wal.appendSync([textRecord("c")])).toThrow(/WAL_LOG_BUSY|on their way/);
  const second = wal.append(textRecord("b"));
  await new Promise((done) => setTimeout(done, 5));
  expect([wal.stats.durableLsn, vfs.callCount("write")]).toEqual([0, 0]);
  resolve();
  expect([await first, await second]).toEqual([1, 2]);
  expect(wal.isWriting).toBe(false);
  expect(await textsAfter(afterPowerLoss(vfs))).toEqual(["a", "b"]);
});

test("where what a record waits for fails, the log has failed, and the record is not in it", async () => {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log");
  await wal.append(textRecord("a"));
  const failing = wal.append(textRecord("b"), Promise.reject(new Error("no space")));
  const behind = wal.append(textRecord("c"));
  await expect(failing).rejects.toThrow("no space");
  await expect(behind).rejects.toThrow("no space");
  await expect(wal.append(textRecord("d"))).rejects.toMatchObject({ code: "WAL_LOG_FAILED" });
  await wal.close();
  expect(await textsAfter(afterKill(vfs))).toEqual(["a"]);
});

test("os: an acknowledged record survives the process but not the power, until a flush", async () => {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log", { durability: "os" });
  await wal.append(textRecord("a"));
  expect(wal.stats).toMatchObject({ durableLsn: 0, syncs: 0 });
  expect(await textsAfter(afterKill(vfs))).toEqual(["a"]);
  const other = new FaultyVfs(1);
  const flushed = await Wal.open(other, "log", { durability: "os" });
  await flushed.append(textRecord("a"));
  await flushed.flush();
  await flushed.append(textRecord("b"));
  expect(flushed.stats.durableLsn).toBe(1);
  expect(await textsAfter(afterPowerLoss(other))).toEqual(["a"]);
});

test("none: an append is acknowledged before anything is written, and flush or close make it durable", async () => {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log", { durability: "none" });
  const writes = vfs.callCount("write");
  await wal.append(textRecord("a"));
  expect(vfs.callCount("write")).toBe(writes);
  await wal.flush();
  await wal.append(textRecord("b"));
  await wal.close();
  expect(wal.stats.durableLsn).toBe(2);
  expect(await textsAfter(afterPowerLoss(vfs))).toEqual(["a", "b"]);
});

test("none: appends wait once too much is unwritten", async () => {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log", { durability: "none" });
  const record = new Uint8Array(1024 * 1024);
  for (let i = 0; i < 3; i++) void wal.append(record);
  const writes = vfs.callCount("write");
  await wal.append(record);
  expect(vfs.callCount("write")).toBeGreaterThan(writes);
  await wal.close();
});

test("none: a failure that no append could report is reported by close", async () => {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log", { durability: "none" });
  vfs.failNth({ call: "write", n: 1, error: "ENOSPC" });
  await wal.append(textRecord("a"));
  await expect(wal.close()).rejects.toMatchObject({ code: "FILES_NO_SPACE" });
  await using again = await Wal.open(vfs, "log");
  expect(await textsIn(again)).toEqual([]);
});

test("os: a failed sync at the end is reported by close", async () => {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log", { durability: "os" });
  await wal.append(textRecord("a"));
  vfs.failNth({ call: "sync", n: 1, error: "EIO" });
  await expect(wal.close()).rejects.toMatchObject({ code: "FILES_IO_FAILED" });
  await (await Wal.open(vfs, "log")).close();
});

test.each([
  ["while nothing else is appended", async (wal: Wal) => void (await wal.append(textRecord("a")))],
  [
    "by the next append that waits",
    async (wal: Wal) => {
      await wal.append(textRecord("a"));
      blockFor(60);
      await wal.append(textRecord("b"));
    },
  ],
  [
    "by appends at once, in a turn that lasts",
    async (wal: Wal) => {
      for (const end = performance.now() + 60; performance.now() < end; blockFor(5))
        wal.appendSync([textRecord("a")]);
    },
  ],
])("os with an interval: a record survives the power once that is over, %s", async (_name, work) => {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log", { durability: "os", syncIntervalMs: 40 });
  await work(wal);
  await expect.poll(() => wal.stats.durableLsn).toBeGreaterThan(0);
  expect((await textsAfter(afterPowerLoss(vfs)))[0]).toBe("a");
  // Its disk is gone.
  await wal.close().catch(() => {});
});

test("os with an interval: without it nothing is synced, and a failed sync ends the log", async () => {
  const vfs = new FaultyVfs(1);
  const never = await Wal.open(vfs, "never", { durability: "os" });
  const wal = await Wal.open(vfs, "log", { durability: "os", syncIntervalMs: 10 });
  await never.append(textRecord("a"));
  vfs.failNth({ call: "sync", n: 3, error: "EIO" });
  await wal.append(textRecord("a"));
  await expect.poll(() => wal.append(textRecord("b")).catch((error) => error.code)).toBe("WAL_LOG_FAILED");
  expect(never.stats).toMatchObject({ durableLsn: 0, syncs: 0 });
  await expect(wal.close()).rejects.toMatchObject({ code: "FILES_IO_FAILED" });
  await never.close();
});
