import { bytesSource } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { openRecording } from "../src/index.ts";
import { hexBytes, openBytes, readEvents } from "./helpers.ts";

/** Records with times 1, 2, 3 and so on, and a byte here and there changed. */
const records = (count: number, changes: Readonly<Record<number, number>> = {}) => {
  const bytes = Uint8Array.from({ length: 5 * count }, (_, i) => (i % 5 === 4 ? (i + 1) / 5 : 0));
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return bytes;
};

describe("N-MNIST", () => {
  it("reads x, y, polarity and 23 bits of time, and adds an overflow to what follows it", async () => {
    const bytes = hexBytes("01 02 ffffff 03 04 000001 00 f0 000000 05 06 000002");
    await using recording = await openBytes(bytes, { format: "N-MNIST" });
    expect(await readEvents(recording)).toEqual([
      [2 ** 23 - 1, 1, 2, 1],
      [1, 3, 4, 0],
      [8194, 5, 6, 0],
    ]);
  });

  it("is recognised by its name, its size and its rising times together", async () => {
    await using recording = await openRecording(bytesSource(records(16), "00001.BIN"));
    expect(recording.format).toBe("N-MNIST");
    expect(await readEvents(recording)).toHaveLength(16);
  });

  it.each([
    ["another name", records(16), "00001.dat"],
    ["a part of a record", records(17).subarray(0, 84), "a.bin"],
    ["too few records", records(15), "a.bin"],
    ["a time that falls", records(16, { 44: 1 }), "a.bin"],
    ["a row that no sensor has", records(16, { 41: 241 }), "a.bin"],
    ["zeros", new Uint8Array(80), "a.bin"],
  ])("is not taken for granted with %s", async (_, bytes, name) => {
    await expect(openRecording(bytesSource(bytes, name))).rejects.toMatchObject({
      code: "EVENTS_FORMAT_UNKNOWN",
    });
  });

  it("counts a record that is cut off", async () => {
    await using recording = await openBytes(records(2).subarray(0, 9), { format: "N-MNIST" });
    expect([(await readEvents(recording)).length, recording.violations]).toEqual([1, { truncatedWord: 1 }]);
  });
});
