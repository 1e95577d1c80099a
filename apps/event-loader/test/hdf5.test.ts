import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describeRecordings, recordingPath } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeEcf } from "../src/encoders/ecf-encoder.ts";
import { openRecording } from "../src/index.ts";
import { type Event, ecfRecords, readEvents } from "./helpers.ts";

const PYTHON = "/usr/bin/python3";
const hasH5py = spawnSync(PYTHON, ["-c", "import h5py"]).status === 0;

function randomEvents(count: number): Event[] {
  const random = seededRandom(31);
  let t = 50_000_000;
  return Array.from({ length: count }, (): Event => {
    t += random.nextInt(0, 40);
    return [t, random.nextInt(0, 1279), random.nextInt(0, 719), random.nextInt(0, 1)];
  });
}

function ecfChunk(events: readonly Event[]): Uint8Array {
  return encodeEcf(ecfRecords(events));
}

describe.skipIf(!hasH5py)("HDF5 files that h5py wrote (needs python3-h5py)", () => {
  const events = randomEvents(5000);
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-hdf5-"));
    writeFileSync(join(folder, "events.json"), JSON.stringify(events));
    writeFileSync(join(folder, "chunk.ecf"), ecfChunk(events));
    const script = fileURLToPath(new URL("./fixtures/write_hdf5.py", import.meta.url));
    execFileSync(PYTHON, [script, join(folder, "events.json"), folder, join(folder, "chunk.ecf")]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ["dsec", "DSEC", undefined],
    ["etram", "columns", [1280, 720]],
    ["mvsec", "MVSEC", undefined],
    ["event_utils", "columns", [1280, 720]],
    ["m3ed", "M3ED", undefined],
    ["root_big_endian_ns", "columns", undefined],
    ["metavision_plain", "Metavision", [1280, 720]],
    ["metavision_ecf", "Metavision", [1280, 720]],
  ] as const)(
    "%s gives every event, on disk, in memory, and in chunks of any size",
    async (name, layout, size) => {
      const path = join(folder, `${name}.h5`);
      for (const rowsPerChunk of [97, 65_536]) {
        await using recording = await openRecording(path, { rowsPerChunk });
        expect(recording).toMatchObject({ format: "HDF5", metadata: { layout } });
        if (size !== undefined) expect([recording.width, recording.height]).toEqual(size);
        expect(await readEvents(recording)).toEqual(events);
        expect(recording.violations).toEqual({});
      }
      await using blob = await openRecording(new Blob([readFileSync(path)]));
      expect(await readEvents(blob)).toEqual(events);
    },
  );

  it("says what it found in a file without events", async () => {
    await expect(openRecording(join(folder, "no_events.h5"))).rejects.toThrow(/known layout.*images/);
  });

  it("truncated and damaged files give a prefix or an error of ours", async () => {
    const bytes = new Uint8Array(readFileSync(join(folder, "metavision_ecf.h5")));
    const random = seededRandom(32);
    for (let round = 0; round < 300; round++) {
      const damaged = bytes.slice(0, round % 2 === 0 ? random.nextInt(1, bytes.length - 1) : bytes.length);
      if (round % 2 === 1) damaged[random.nextInt(0, 3000)]! ^= 1 << random.nextInt(0, 7);
      try {
        await using recording = await openRecording(new Blob([damaged]));
        expect((await readEvents(recording)).length).toBeLessThanOrEqual(1 << 20);
      } catch (error) {
        expect(isMillraceError(error), String(error)).toBe(true);
      }
    }
  });
});

it("events that no sensor can have are counted and left out; places outside the geometry are kept", async () => {
  const { Hdf5Writer } = await import("@millrace/hdf5");
  const vfs = new MemoryVfs();
  const writer = await Hdf5Writer.create(vfs, "odd.h5");
  const group = writer.root.createGroup("events");
  await group.writeDataset("x", Float64Array.of(1, 2.5, 70_000, 900, 4));
  await group.writeDataset("y", Float64Array.of(1, 1, 1, 1, 1));
  await group.writeDataset("p", Int8Array.of(-1, 1, 1, 1, 1));
  await group.writeDataset("t", Float64Array.of(0.000_001, 2, 3, 4, Number.NaN));
  await writer.close();
  await using recording = await openRecording("odd.h5", { vfs, geometry: { width: 640, height: 480 } });
  expect(await readEvents(recording)).toEqual([
    [1, 1, 1, 0],
    [4_000_000, 900, 1, 1],
  ]);
  expect(recording.violations).toEqual({ malformedRow: 3, outsideGeometry: 1 });
});

describeRecordings("a real HDF5 recording", () => {
  it("gives the 17 events of event-vision-library's example", async () => {
    await using recording = await openRecording(recordingPath("events/raw_events.hdf5"));
    const events = await readEvents(recording);
    expect(events).toHaveLength(17);
    expect(events.slice(0, 3)).toEqual([
      [0, 134, 30, 0],
      [780, 59, 158, 0],
      [1706, 25, 84, 0],
    ]);
  });
});
