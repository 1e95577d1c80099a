import { seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { Wal } from "@millrace/wal";
import { describe, expect, test } from "vitest";
import { changeBytes, readBytes, SEGMENT_1, SEGMENT_2, textRecord, textsIn } from "./helpers.ts";

const SMALL = { segmentBytes: 4096 };

/** A log with these records, each its own batch, as a crash without losses leaves it: with zeros behind. */
async function crashedLog(texts: readonly string[]): Promise<FaultyVfs> {
  const vfs = new FaultyVfs(1);
  const wal = await Wal.open(vfs, "log", SMALL);
  for (const text of texts) await wal.append(textRecord(text));
  return vfs.crash(seededRandom(1), { survival: 1 });
}

describe("a disk that refuses", () => {
  test.each([
    ["write", "ENOSPC", "FILES_NO_SPACE"],
    ["write", "EIO", "FILES_IO_FAILED"],
    ["sync", "EIO", "FILES_IO_FAILED"],
    ["sync", "ENOSPC", "FILES_NO_SPACE"],
  ] as const)("a %s with %s rejects all that wait, and everything after it", async (call, error, code) => {
    const vfs = new FaultyVfs(4);
    const wal = await Wal.open(vfs, "log");
    await wal.append(textRecord("kept"));
    vfs.failNth({ call, n: 1, error });
    const writes = vfs.callCount("write");
    const syncs = vfs.callCount("sync");
    const waiting = [wal.append(textRecord("x")), wal.appendMany([textRecord("y")])];
    await Promise.resolve();
    await Promise.resolve();
    waiting.push(
      wal.append(textRecord("next batch")),
      wal.flush().then(() => 0),
    );
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code } });
    }
    await expect(wal.append(textRecord("z"))).rejects.toMatchObject({
      code: "WAL_LOG_FAILED",
      cause: { code },
    });
    await expect(wal.flush()).rejects.toMatchObject({ code: "WAL_LOG_FAILED" });
    expect(await textsIn(wal)).toEqual(["kept"]);
    await wal.close();
    // One write, at most one sync: neither the tail nor the sync was tried again.
    expect(vfs.callCount("write") - writes).toBe(1);
    expect(vfs.callCount("sync") - syncs).toBe(call === "sync" ? 1 : 0);
  });

  test("opening again recovers, and what is acknowledged then survives a power loss", async () => {
    for (let seed = 0; seed < 30; seed++) {
      const vfs = new FaultyVfs(seed);
      const failed = await Wal.open(vfs, "log");
      await failed.append(textRecord("kept"));
      vfs.failNth({ call: "sync", n: 1, error: "EIO" });
      await expect(failed.append(new Uint8Array(3000).fill(1))).rejects.toThrow();
      await failed.close();
      const again = await Wal.open(vfs, "log");
      const lsn = await again.append(textRecord("later"));
      await using last = await Wal.open(vfs.crash(seededRandom(seed), { survival: 0 }), "log");
      expect(last.stats.nextLsn).toBe(lsn + 1);
      expect((await textsIn(last)).at(-1)).toBe("later");
    }
  });

  test("a new segment whose name could not be made durable gets a durable name before it is used", async () => {
    const vfs = new FaultyVfs(1);
    const failed = await Wal.open(vfs, "log", SMALL);
    await failed.append(new Uint8Array(3000));
    vfs.failNth({ call: "syncDirectory", n: 1, error: "EIO" });
    await expect(failed.append(new Uint8Array(3000))).rejects.toMatchObject({ syscall: "syncDirectory" });
    await failed.close();
    const again = await Wal.open(vfs, "log", SMALL);
    const lsn = await again.append(textRecord("later"));
    await using last = await Wal.open(vfs.crash(seededRandom(1), { survival: 0 }), "log", SMALL);
    expect(last.stats.nextLsn).toBe(lsn + 1);
  });

  test("a failed removal does not end the log", async () => {
    const vfs = new FaultyVfs(1);
    await using wal = await Wal.open(vfs, "log", SMALL);
    for (let i = 0; i < 4; i++) await wal.append(new Uint8Array(3000));
    vfs.failNth({ call: "remove", n: 2, error: "EIO" });
    await expect(wal.truncateBefore(4)).rejects.toMatchObject({ syscall: "remove" });
    expect(wal.stats.firstLsn).toBe(2);
    await wal.append(textRecord("a"));
    await wal.truncateBefore(4);
    expect(wal.stats.firstLsn).toBe(4);
  });
});

describe("what recovery finds", () => {
  test("zeros behind the last record are no records", async () => {
    const vfs = await crashedLog(["a", "", ""]);
    expect((await readBytes(vfs, SEGMENT_1)).length).toBe(4096);
    await using wal = await Wal.open(vfs, "log");
    expect(await textsIn(wal)).toEqual(["a", "", ""]);
    expect((await readBytes(vfs, SEGMENT_1)).length).toBe(64 + 3 * 16 + 1);
  });

  test("a frame cut short anywhere in the last segment is cut off", async () => {
    const whole = await readBytes(await crashedLog(["first", "second"]), SEGMENT_1);
    const end = 64 + 21 + 22;
    for (let length = 64; length < end; length++) {
      const vfs = new FaultyVfs(1);
      await vfs.makeDirectory("log");
      await using file = await vfs.open(SEGMENT_1, "create");
      await file.write(whole.subarray(0, length), 0);
      await using wal = await Wal.open(vfs, "log");
      expect(await textsIn(wal)).toEqual(length < 85 ? [] : ["first"]);
      expect(await wal.append(textRecord("new"))).toBe(length < 85 ? 1 : 2);
    }
  });

  test("any changed bit of the last record takes that record, never changes one", async () => {
    for (let bit = 0; bit < 21 * 8; bit++) {
      const vfs = await crashedLog(["first", "other"]);
      await changeBytes(vfs, SEGMENT_1, (bytes) => {
        bytes[85 + (bit >> 3)]! ^= 1 << (bit & 7);
      });
      await using wal = await Wal.open(vfs, "log");
      expect(await textsIn(wal)).toEqual(["first"]);
    }
  });

  test("any changed bit of a record with later ones behind it is an error with file and offset", async () => {
    for (let bit = 0; bit < 21 * 8; bit++) {
      const vfs = await crashedLog(["first", "other", "third"]);
      await changeBytes(vfs, SEGMENT_1, (bytes) => {
        bytes[85 + (bit >> 3)]! ^= 1 << (bit & 7);
      });
      const before = await readBytes(vfs, SEGMENT_1);
      await expect(Wal.open(vfs, "log")).rejects.toMatchObject({
        code: "WAL_FRAME_CORRUPT",
        byteOffset: 85,
        message: expect.stringContaining(SEGMENT_1),
      });
      expect(await readBytes(vfs, SEGMENT_1)).toEqual(before);
    }
  });

  test("a torn batch whose later sectors survived is a torn tail and no damage", async () => {
    const vfs = new FaultyVfs(1);
    const wal = await Wal.open(vfs, "log", SMALL);
    await wal.append(textRecord("kept"));
    await wal.appendMany([textRecord("torn"), textRecord("survived")]);
    const image = vfs.crash(seededRandom(1), { survival: 1 });
    await changeBytes(image, SEGMENT_1, (bytes) => bytes.fill(0, 84, 104));
    await using again = await Wal.open(image, "log", SMALL);
    expect(await textsIn(again)).toEqual(["kept"]);
  });

  test("damage in a segment that is not the last is an error, whether bits or bytes at its end", async () => {
    for (const change of ["bit", "cut"] as const) {
      const vfs = await crashedLog(["x".repeat(3000), "y".repeat(3000)]);
      if (change === "bit") await changeBytes(vfs, SEGMENT_1, (bytes) => bytes.fill(1, 3000, 3001));
      else await (await vfs.open(SEGMENT_1, "r+")).truncate(2000);
      await expect(Wal.open(vfs, "log")).rejects.toMatchObject({ code: "WAL_FRAME_CORRUPT", byteOffset: 64 });
    }
  });

  test("a missing segment, a damaged header and a later version are told apart", async () => {
    const texts = ["x", "y", "z"].map((letter) => letter.repeat(3000));
    const missing = await crashedLog(texts);
    await missing.remove(SEGMENT_2);
    await expect(Wal.open(missing, "log")).rejects.toMatchObject({ code: "WAL_SEGMENT_MISSING" });
    const cases: [string, (bytes: Uint8Array) => void][] = [
      ["WAL_HEADER_CORRUPT", (bytes) => bytes.fill(0, 0, 64)],
      ["WAL_HEADER_CORRUPT", (bytes) => bytes.fill(1, 40, 41)],
      ["WAL_VERSION_UNKNOWN", (bytes) => bytes.fill(2, 8, 9)],
    ];
    for (const [code, change] of cases) {
      const vfs = await crashedLog(texts);
      await changeBytes(vfs, SEGMENT_2, change);
      await expect(Wal.open(vfs, "log")).rejects.toMatchObject({ code });
    }
    const swapped = await crashedLog(texts);
    await swapped.rename("log/0000000000000003.wal", SEGMENT_2);
    await expect(Wal.open(swapped, "log")).rejects.toMatchObject({
      code: "WAL_HEADER_CORRUPT",
      byteOffset: 16,
    });
  });

  test("frames of another segment do not pass, even with the right lsn", async () => {
    // Two logs with the same records: only their random salts differ.
    const source = await readBytes(await crashedLog(["first", "other"]), SEGMENT_1);
    const vfs = await crashedLog(["first"]);
    await changeBytes(vfs, SEGMENT_1, (bytes) => bytes.set(source.subarray(85, 200), 85));
    await using wal = await Wal.open(vfs, "log");
    expect(await textsIn(wal)).toEqual(["first"]);
  });

  test("a segment that was not finished when the power went is removed", async () => {
    const vfs = await crashedLog(["first"]);
    await (await vfs.open(`${SEGMENT_2}.tmp`, "create")).close();
    await using wal = await Wal.open(vfs, "log");
    expect(await textsIn(wal)).toEqual(["first"]);
    expect((await vfs.list("log")).map((entry) => entry.name)).toEqual(["0000000000000001.wal"]);
  });

  test("a record damaged while the log is open is told by the reader", async () => {
    const vfs = new FaultyVfs(1);
    await using wal = await Wal.open(vfs, "log");
    await wal.append(textRecord("a"));
    await changeBytes(vfs, SEGMENT_1, (bytes) => bytes.fill(0, 80, 81));
    await expect(textsIn(wal)).rejects.toMatchObject({ code: "WAL_FRAME_CORRUPT", byteOffset: 64 });
  });
});
