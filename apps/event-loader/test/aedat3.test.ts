import { describe, expect, it } from "vitest";
import { aedat3Packet, openBytes, readEvents } from "./helpers.ts";

const HEADER = "#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DAVIS240C\r\n#!END-HEADER\r\n";
const aedat = (...packets: Uint8Array[]) =>
  Uint8Array.from([new TextEncoder().encode(HEADER), ...packets].flatMap((part) => [...part]));
const pixel = (x: number, y: number, p: number): number => ((x << 17) | (y << 2) | (p << 1) | 1) >>> 0;

describe("AEDAT3", () => {
  it("reads polarity events and external inputs, with their overflows, and passes over other packets", async () => {
    const bytes = aedat(
      aedat3Packet(1, [
        [pixel(239, 179, 1), 5],
        [pixel(0, 0, 0), 2 ** 31 - 1],
      ]),
      aedat3Packet(2, [[1, 2]]),
      aedat3Packet(0, [
        [5, 6],
        [7, 7],
        [3, 8],
      ]),
      aedat3Packet(1, []),
      aedat3Packet(1, [[pixel(1, 2, 1), 9]], 3),
    );
    await using recording = await openBytes(bytes);
    expect(await readEvents(recording)).toEqual([
      [5, 239, 179, 1],
      [2 ** 31 - 1, 0, 0, 0],
      [3 * 2 ** 31 + 9, 1, 2, 1],
    ]);
    expect(recording).toMatchObject({ format: "AEDAT3", width: 240, height: 180, violations: {} });
    const { t, value } = recording.triggers;
    expect([...t, ...value]).toEqual([6n, 7n, 1, 0]);
  });

  it("leaves out and counts events marked as invalid, and counts those outside the sensor", async () => {
    await using recording = await openBytes(
      aedat(
        aedat3Packet(1, [
          [pixel(1, 1, 1) - 1, 5],
          [pixel(240, 1, 1), 6],
        ]),
        aedat3Packet(0, [[4, 7]]),
      ),
    );
    expect(await readEvents(recording)).toEqual([[6, 240, 1, 1]]);
    expect(recording.violations).toEqual({ invalidEvent: 2, outsideGeometry: 1 });
  });

  it("counts a packet that is cut off, in its events and between them", async () => {
    const whole = aedat(
      aedat3Packet(1, [
        [pixel(1, 1, 1), 5],
        [pixel(1, 1, 1), 6],
      ]),
    );
    for (const lost of [1, 8, 9, 17]) {
      await using recording = await openBytes(whole.subarray(0, whole.length - lost));
      expect(await readEvents(recording)).toHaveLength(lost <= 8 ? 1 : 0);
      expect(recording.violations).toEqual({ truncatedWord: 1 });
    }
  });

  it("fails at a packet that cannot be, and tells where", async () => {
    const bytes = aedat(aedat3Packet(1, [[pixel(1, 1, 1), 5]]), aedat3Packet(1, []));
    bytes[HEADER.length + 36 + 4] = 9;
    await using recording = await openBytes(bytes);
    await expect(readEvents(recording)).rejects.toMatchObject({
      code: "EVENTS_PACKET_CORRUPT",
      byteOffset: HEADER.length + 36,
    });
  });

  it("fails on a header without an end, and on other data when it is told to be AEDAT3", async () => {
    await expect(openBytes(HEADER.slice(0, -3))).rejects.toMatchObject({ code: "EVENTS_HEADER_TRUNCATED" });
    await expect(openBytes("1 2 3 1\n", { format: "AEDAT3" })).rejects.toMatchObject({
      code: "EVENTS_FORMAT_UNKNOWN",
    });
  });
});
