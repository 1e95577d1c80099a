import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { diskVfs } from "@millrace/files";
import { Wal } from "@millrace/wal";
import { afterAll, expect, test } from "vitest";
import { textRecord, textsIn } from "./helpers.ts";

const scratch = mkdtempSync(join(tmpdir(), "millrace-wal-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const APPENDER = fileURLToPath(new URL("./append-forever.ts", import.meta.url));

/** Runs the appender until it has acknowledged `count` records, kills it, and returns the last one it told of. */
async function appendUntilKilled(directory: string, count: number): Promise<number> {
  const child = spawn(process.execPath, ["--conditions=@millrace/source", APPENDER, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<string | null>((resolve) =>
    child.once("exit", (_code, signal) => resolve(signal)),
  );
  let acknowledged = 0;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line);
    if (++seen === count) child.kill("SIGKILL");
  }
  expect(await ended).toBe("SIGKILL");
  return acknowledged;
}

test("a log on disk comes back with all its records", async () => {
  const directory = join(scratch, "a/log");
  const wal = await Wal.open(diskVfs, directory, { segmentBytes: 4096 });
  const texts = Array.from({ length: 50 }, (_, i) => String(i).repeat(i * 3));
  await Promise.all(texts.map((text) => wal.append(textRecord(text))));
  await wal.truncateBefore(2);
  await expect(Wal.open(diskVfs, directory)).rejects.toMatchObject({ code: "FILES_LOCKED" });
  await wal.close();
  await using again = await Wal.open(diskVfs, directory);
  expect(await textsIn(again)).toEqual(texts.slice(again.stats.firstLsn - 1));
});

test("a process killed while it appends loses nothing that it acknowledged, time after time", async () => {
  const directory = join(scratch, "killed");
  for (let round = 1; round <= 3; round++) {
    const acknowledged = await appendUntilKilled(directory, 40 * round);
    await using wal = await Wal.open(diskVfs, directory, { segmentBytes: 4096 });
    expect(wal.stats.nextLsn).toBeGreaterThan(acknowledged);
    let lsn = 1;
    for await (const record of wal.read()) {
      expect(record.lsn).toBe(lsn);
      expect(new TextDecoder().decode(record.payload)).toBe(`record ${lsn} `.repeat(lsn % 50));
      lsn++;
    }
    expect(lsn).toBe(wal.stats.nextLsn);
  }
});
