import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { Wal } from "@millrace/wal";
import { describe, expect, test } from "vitest";
import { textRecord, textsIn } from "./helpers.ts";

const SMALL = { segmentBytes: 4096 };

describe("append at once", () => {
  test("records are durable when it returns, over segments, and take along what waits", async () => {
    const vfs = new FaultyVfs(1);
    const wal = await Wal.open(vfs, "log", SMALL);
    const waiting = wal.append(textRecord("waits"));
    expect(wal.appendSync([textRecord("a"), textRecord("b".repeat(3000))])).toBe(3);
    for (let i = 0; i < 20; i++) expect(wal.appendSync([textRecord(`${i}`.repeat(400))])).toBe(4 + i);
    expect(await waiting).toBe(1);
    expect(wal.stats.durableLsn).toBe(23);
    expect(wal.stats.segments).toBeGreaterThan(2);
    wal.truncateBeforeSync(20);
    expect(wal.stats.firstLsn).toBeGreaterThan(1);
    await using again = await Wal.open(vfs.crash(seededRandom(1), { survival: 0 }), "log", SMALL);
    expect(again.stats).toMatchObject({ nextLsn: 24, firstLsn: wal.stats.firstLsn });
    expect((await textsIn(again)).at(-1)).toBe("19".repeat(400));
  });

  test("it refuses while others are on their way to the disk, and after a failure", async () => {
    const vfs = new FaultyVfs(1);
    const wal = await Wal.open(vfs, "log");
    const waiting = [wal.append(textRecord("a")), wal.append(textRecord("b"))];
    await undefined;
    await undefined;
    expect(() => wal.appendSync([textRecord("c")])).toThrow(
      expect.objectContaining({ code: "WAL_LOG_BUSY" }),
    );
    await Promise.all(waiting);
    expect(wal.appendSync([textRecord("c")])).toBe(3);
    vfs.failNth({ call: "sync", n: 1, error: "EIO" });
    expect(() => wal.appendSync([textRecord("d")])).toThrow(
      expect.objectContaining({ code: "FILES_IO_FAILED" }),
    );
    expect(() => wal.flushSync()).toThrow(expect.objectContaining({ code: "WAL_LOG_FAILED" }));
    await wal.close().catch(() => {});
  });
});

test("a log that was cleared has no records, and goes on with the next lsn", async () => {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log", SMALL);
  await wal.clear();
  expect(wal.stats).toMatchObject({ nextLsn: 1, segments: 0 });
  for (let i = 0; i < 30; i++) await wal.append(textRecord("x".repeat(500)));
  await wal.clear();
  await wal.clear();
  expect(wal.stats).toMatchObject({ firstLsn: 31, nextLsn: 31, durableLsn: 30, segments: 1 });
  await using again = await Wal.open(vfs.crash(seededRandom(1), { survival: 0 }), "log", SMALL);
  expect(again.stats).toMatchObject({ firstLsn: 31, nextLsn: 31, segments: 1 });
  expect(await again.append(textRecord("a"))).toBe(31);
  expect(await textsIn(again)).toEqual(["a"]);
});

describe("append and read", () => {
  test("records come back in order with lsns from 1, empty ones too", async () => {
    await using wal = await Wal.open(new MemoryVfs(), "log");
    expect(await wal.append(textRecord("a"))).toBe(1);
    expect(await wal.append(new Uint8Array(0))).toBe(2);
    expect(await wal.appendMany([textRecord("b"), textRecord("c")])).toBe(4);
    expect(await textsIn(wal)).toEqual(["a", "", "b", "c"]);
    expect(await textsIn(wal, 3)).toEqual(["b", "c"]);
    expect(await textsIn(wal, 5)).toEqual([]);
    expect(await textsIn(wal, 99)).toEqual([]);
  });

  test("a log is the same after it was closed and opened again, and goes on", async () => {
    const vfs = new MemoryVfs();
    const first = await Wal.open(vfs, "a/b/log");
    await first.appendMany([textRecord("x"), textRecord("")]);
    await first.close();
    await using second = await Wal.open(vfs, "a/b/log");
    expect(second.stats).toMatchObject({ firstLsn: 1, nextLsn: 3, durableLsn: 2, segments: 1 });
    expect(await second.append(textRecord("y"))).toBe(3);
    expect(await textsIn(second)).toEqual(["x", "", "y"]);
  });

  test("a log without records begins with the lsn that is asked for, and keeps its own after that", async () => {
    const vfs = new MemoryVfs();
    const first = await Wal.open(vfs, "log", { firstLsn: 41 });
    expect(first.stats).toMatchObject({ firstLsn: 41, nextLsn: 41, durableLsn: 40 });
    expect(await first.append(textRecord("a"))).toBe(41);
    await first.close();
    await using second = await Wal.open(vfs, "log", { firstLsn: 7 });
    expect(await second.append(textRecord("b"))).toBe(42);
    expect(await textsIn(second, 42)).toEqual(["b"]);
    await expect(Wal.open(vfs, "other", { firstLsn: 0 })).rejects.toMatchObject({ code: "WAL_OPTION_RANGE" });
  });

  test("an empty log, never written to, leaves no segment", async () => {
    const vfs = new MemoryVfs();
    await (await Wal.open(vfs, "log")).close();
    expect(await vfs.list("log")).toEqual([]);
    await using wal = await Wal.open(vfs, "log");
    expect(await wal.appendMany([])).toBe(0);
    await wal.flush();
    expect(wal.stats).toMatchObject({ firstLsn: 1, nextLsn: 1, durableLsn: 0, segments: 0, bytes: 0 });
    expect(await textsIn(wal)).toEqual([]);
  });

  test("the caller may change a record as soon as append has returned", async () => {
    await using wal = await Wal.open(new FaultyVfs(1), "log");
    const record = textRecord("before");
    const appended = wal.append(record);
    record.fill(0);
    await appended;
    expect(await textsIn(wal)).toEqual(["before"]);
  });

  test("what is read is the caller's to keep", async () => {
    await using wal = await Wal.open(new MemoryVfs(), "log");
    await wal.appendMany([textRecord("aaaa"), textRecord("bbbb")]);
    const payloads: Uint8Array[] = [];
    for await (const { payload } of wal.read()) payloads.push(payload);
    payloads[0]!.fill(0);
    expect(new TextDecoder().decode(payloads[1])).toBe("bbbb");
    expect(await textsIn(wal)).toEqual(["aaaa", "bbbb"]);
  });

  test("reading sees what was appended before, also while it is being written", async () => {
    await using wal = await Wal.open(new FaultyVfs(2), "log");
    void wal.append(textRecord("a"));
    await Promise.resolve();
    void wal.append(textRecord("b"));
    expect(await textsIn(wal)).toEqual(["a", "b"]);
  });
});

describe("segments", () => {
  const record = new Uint8Array(1000).fill(7);

  test("a full segment is followed by the next, and cut to its records", async () => {
    const vfs = new MemoryVfs();
    await using wal = await Wal.open(vfs, "log", SMALL);
    for (let i = 0; i < 10; i++) await wal.append(record);
    // 64 + 3 * 1016 bytes fit into 4096, a fourth frame does not.
    expect(wal.stats.segments).toBe(4);
    expect((await vfs.stat("log/0000000000000001.wal")).size).toBe(64 + 3 * 1016);
    expect((await vfs.stat("log/0000000000000004.wal")).size).toBe(4096);
    expect(wal.stats.bytes).toBe(4 * 64 + 10 * 1016);
    expect((await textsIn(wal)).length).toBe(10);
    expect((await textsIn(wal, 7)).length).toBe(4);
  });

  test.each([4096 - 64 - 16, 4096 - 64 - 15, 10_000])(
    "a record of %i bytes is kept whole",
    async (length) => {
      const vfs = new MemoryVfs();
      const wal = await Wal.open(vfs, "log", SMALL);
      const large = new Uint8Array(length).fill(5);
      await wal.append(textRecord("a"));
      await wal.appendMany([large, textRecord("b")]);
      await wal.close();
      await using again = await Wal.open(vfs, "log", SMALL);
      const lengths: number[] = [];
      for await (const { payload } of again.read()) lengths.push(payload.length);
      expect(lengths).toEqual([1, length, 1]);
    },
  );

  test("one batch may span several segments", async () => {
    await using wal = await Wal.open(new MemoryVfs(), "log", SMALL);
    await wal.appendMany(Array.from({ length: 20 }, () => record));
    expect(wal.stats).toMatchObject({ segments: 7, batches: 1, durableLsn: 20 });
    expect((await textsIn(wal)).length).toBe(20);
  });

  test("truncateBefore removes whole segments that lie before the lsn, never the last", async () => {
    const vfs = new MemoryVfs();
    const wal = await Wal.open(vfs, "log", SMALL);
    await wal.appendMany(Array.from({ length: 10 }, () => record));
    await wal.truncateBefore(3);
    expect(wal.stats).toMatchObject({ firstLsn: 1, segments: 4 });
    await wal.truncateBefore(4);
    expect(wal.stats).toMatchObject({ firstLsn: 4, segments: 3 });
    await Promise.all([wal.truncateBefore(11), wal.truncateBefore(5), wal.truncateBefore(999)]);
    expect(wal.stats).toMatchObject({ firstLsn: 10, segments: 1, nextLsn: 11 });
    await expect(textsIn(wal, 9)).rejects.toMatchObject({ code: "WAL_LSN_GONE" });
    expect((await textsIn(wal)).length).toBe(1);
    await wal.close();
    await using again = await Wal.open(vfs, "log", SMALL);
    expect(again.stats).toMatchObject({ firstLsn: 10, nextLsn: 11 });
  });
});

describe("group commit", () => {
  test("appends of one turn share one sync", async () => {
    const vfs = new FaultyVfs(1);
    await using wal = await Wal.open(vfs, "log");
    await wal.append(textRecord("makes the segment"));
    const syncs = vfs.callCount("sync");
    await Promise.all(Array.from({ length: 100 }, (_, i) => wal.append(textRecord(String(i)))));
    expect(vfs.callCount("sync") - syncs).toBe(1);
    expect(wal.stats.batches).toBe(2);
  });

  test("what comes in during a sync is the next batch", async () => {
    await using wal = await Wal.open(new FaultyVfs(1), "log");
    const first = wal.append(textRecord("0"));
    const later: Promise<number>[] = [];
    for (let i = 0; i < 2; i++) {
      await Promise.resolve();
      later.push(wal.append(textRecord("later")));
    }
    expect(await first).toBe(1);
    expect(wal.stats.durableLsn).toBe(1);
    expect(await Promise.all(later)).toEqual([2, 3]);
    expect(wal.stats.batches).toBe(2);
  });
});

describe("limits and misuse", () => {
  test("a record above the limit is refused, and with it the whole batch", async () => {
    await using wal = await Wal.open(new MemoryVfs(), "log", { maxRecordBytes: 10 });
    await wal.append(new Uint8Array(10));
    await expect(wal.append(new Uint8Array(11))).rejects.toMatchObject({
      code: "WAL_RECORD_TOO_LARGE",
      requiredBytes: 11,
      limitBytes: 10,
    });
    await expect(wal.appendMany([new Uint8Array(1), new Uint8Array(11)])).rejects.toThrow("limit");
    expect(wal.stats.nextLsn).toBe(2);
  });

  test("after close every call but close throws", async () => {
    const wal = await Wal.open(new MemoryVfs(), "log");
    await wal.close();
    await wal.close();
    const closed = { code: "WAL_LOG_CLOSED" };
    await expect(wal.append(textRecord("a"))).rejects.toMatchObject(closed);
    await expect(wal.flush()).rejects.toMatchObject(closed);
    await expect(wal.truncateBefore(1)).rejects.toMatchObject(closed);
    await expect(textsIn(wal)).rejects.toMatchObject(closed);
  });

  test("close waits for appends that run", async () => {
    const vfs = new FaultyVfs(3);
    const wal = await Wal.open(vfs, "log");
    const appended = wal.append(textRecord("a"));
    await wal.close();
    expect(await appended).toBe(1);
    await using again = await Wal.open(vfs, "log");
    expect(await textsIn(again)).toEqual(["a"]);
  });

  test("a second open of the same log is refused until the first is closed", async () => {
    const vfs = new MemoryVfs();
    const wal = await Wal.open(vfs, "log");
    await expect(Wal.open(vfs, "log")).rejects.toMatchObject({ code: "FILES_LOCKED" });
    await wal.close();
    await (await Wal.open(vfs, "log")).close();
  });

  test("rejects wrong options by name", async () => {
    const vfs = new MemoryVfs();
    for (const options of [
      { segmentBytes: 4095 },
      { segmentBytes: 5000 },
      { segmentBytes: 0 },
      { durability: "forever" as "disk" },
      { maxRecordBytes: -1 },
      { segmentByte: 1 } as object,
    ]) {
      await expect(Wal.open(vfs, "log", options)).rejects.toHaveProperty("name", "InvalidArgumentError");
    }
    await using wal = await Wal.open(vfs, "log");
    await expect(textsIn(wal, -1)).rejects.toMatchObject({ code: "WAL_OPTION_RANGE" });
    await expect(wal.truncateBefore(0.5)).rejects.toMatchObject({ code: "WAL_OPTION_RANGE" });
  });
});
