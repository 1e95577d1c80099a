import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMillraceError, seededRandom } from "@millrace/base";
import { bytesSource } from "@millrace/files";
import { describeRecordings, recordingPath } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { digestEvents, openRecording } from "../src/index.ts";
import { type Event, readEvents } from "./helpers.ts";

// Bags that rosbags and mcap wrote through make_bags.py: the same 200 events in each.
const bag = (name: string): string => fileURLToPath(new URL(`./fixtures/bags/${name}`, import.meta.url));
const BASE_US = 1_700_000_000_123_456;
const EVENTS = Array.from(
  { length: 200 },
  (_, i): Event => [BASE_US + Math.floor((i * i) / 3), (i * 7) % 320, (i * 5) % 240, i % 3 === 0 ? 1 : 0],
);

describe.each([
  ["ros1_none.bag", "ROS 1 bag", "/dvs/events", "array"],
  ["ros1_lz4.bag", "ROS 1 bag", "/dvs/events", "array"],
  ["array.db3", "ROS 2 bag (SQLite)", "/dvs/events", "array"],
  ["none.mcap", "MCAP", "/left/events", "mono"],
  ["lz4.mcap", "MCAP", "/left/events", "libcaer"],
  ["zstd.mcap", "MCAP", "/right/events", "mono"],
] as const)("%s", (file, kind, topic, encoding) => {
  it("gives every event, in chunks of any size, twice over", async () => {
    for (const rowsPerChunk of [32, 65_536]) {
      await using recording = await openRecording(bag(file), { topic, rowsPerChunk });
      expect(recording).toMatchObject({ format: "ROS bag", width: 320, height: 240 });
      expect(recording.metadata).toMatchObject({ kind, topic, encoding });
      expect(await readEvents(recording)).toEqual(EVENTS);
      expect(await readEvents(recording)).toEqual(EVENTS);
      expect(recording.violations).toEqual({});
    }
  });

  // SQLite reads from the disk only; its own test is below.
  if (!file.endsWith(".db3")) {
    it("gives a prefix, or an error of ours, when it is cut off or damaged", async () => {
      const bytes = new Uint8Array(readFileSync(bag(file)));
      const random = seededRandom(41);
      for (let round = 0; round < 400; round++) {
        const isCut = round % 2 === 0;
        const damaged = bytes.slice(0, isCut ? random.nextInt(0, bytes.length - 1) : bytes.length);
        if (!isCut) damaged[random.nextInt(0, bytes.length - 1)]! ^= 1 << random.nextInt(0, 7);
        try {
          await using recording = await openRecording(bytesSource(damaged, "damaged"), { topic });
          const events = await readEvents(recording);
          if (isCut) expect(events).toEqual(EVENTS.slice(0, events.length));
        } catch (error) {
          expect(isMillraceError(error), String(error)).toBe(true);
        }
      }
    });
  }
});

it("a damaged SQLite bag is an error of ours", async () => {
  const { mkdtempSync, rmSync, writeFileSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const folder = mkdtempSync(`${tmpdir()}/millrace-db3-`);
  const bytes = new Uint8Array(readFileSync(bag("array.db3")));
  const random = seededRandom(42);
  for (let round = 0; round < 60; round++) {
    const damaged = bytes.slice(0, round % 2 === 0 ? random.nextInt(16, bytes.length - 1) : bytes.length);
    for (let k = 0; k < 30; k++) damaged[random.nextInt(16, damaged.length - 1)] = random.nextInt(0, 255);
    writeFileSync(`${folder}/bag.db3`, damaged);
    try {
      await using recording = await openRecording(`${folder}/bag.db3`);
      await readEvents(recording);
    } catch (error) {
      expect(isMillraceError(error), String(error)).toBe(true);
    }
  }
  rmSync(folder, { recursive: true });
});

it("asks for a topic where several have events, and names them", async () => {
  await expect(openRecording(bag("zstd.mcap"))).rejects.toThrow("/left/events, /right/events");
  await expect(openRecording(bag("zstd.mcap"), { topic: "/middle" })).rejects.toThrow(/no topic \/middle/);
});

it("says what to do about bzip2, and about SQLite that is no file", async () => {
  await expect(openRecording(bag("ros1_bz2.bag"))).rejects.toThrow("rosbag decompress");
  const blob = new Blob([readFileSync(bag("array.db3"))]);
  await expect(openRecording(blob)).rejects.toMatchObject({ code: "EVENTS_SQLITE_UNAVAILABLE" });
});

describeRecordings("a real ROS 2 bag", () => {
  it("has the events, triggers and digest that another program counted", async () => {
    await using recording = await openRecording(recordingPath("events/ros2_evt3_trigger.db3"));
    expect(await digestEvents(recording.events())).toMatchObject({
      events: 82_469,
      digest: "cc51f51462d71041500d5341a628e7dbb28d516979686eec840524d171538a13",
    });
    expect(recording.triggerCount).toBe(2);
  });
});
