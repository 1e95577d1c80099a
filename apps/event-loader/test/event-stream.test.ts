import { describe, expect, it } from "vitest";
import { hexBytes, openBytes, readEvents } from "./helpers.ts";

const stream = (hex: string) =>
  Uint8Array.from([...new TextEncoder().encode("Event Stream"), ...hexBytes(`020000 01 0400 0300 ${hex}`)]);

describe("Event Stream", () => {
  it("reads DVS records: times add up, over overflows, and past resets", async () => {
    await using recording = await openBytes(stream("0b 0100 0200 ff ff fe 00 0300 0000 fd 0000 0000"));
    expect(recording).toMatchObject({
      format: "ES",
      width: 4,
      height: 3,
      metadata: { version: "2.0.0", type: "DVS" },
    });
    expect(await readEvents(recording)).toEqual([
      [5, 1, 2, 1],
      [259, 3, 0, 0],
      [385, 0, 0, 1],
    ]);
    expect(recording.violations).toEqual({});
  });

  it("keeps and counts events outside the sensor, and counts a record that is cut off", async () => {
    await using recording = await openBytes(stream("00 0400 0000 00 0000"));
    expect(await readEvents(recording)).toEqual([[0, 4, 0, 0]]);
    expect(recording.violations).toEqual({ outsideGeometry: 1, truncatedWord: 1 });
  });

  it("fails on a header that is cut off anywhere", async () => {
    for (let end = 12; end < 20; end++) {
      await expect(openBytes(stream("").subarray(0, end))).rejects.toMatchObject({
        code: "EVENTS_HEADER_TRUNCATED",
      });
    }
  });

  it("is not read into other data when asked for", async () => {
    await expect(openBytes("1 2 3 1\n", { format: "ES" })).rejects.toMatchObject({
      code: "EVENTS_FORMAT_UNKNOWN",
      message: expect.stringContaining("ES"),
    });
  });

  it("reads the changes of an ATIS, and counts its measurements of exposure", async () => {
    const atis = stream("0a 0100 0200 fe 07 0300 0000 06 0300 0200");
    atis[15] = 2;
    await using recording = await openBytes(atis);
    expect(recording.metadata).toEqual({ version: "2.0.0", type: "ATIS" });
    expect(await readEvents(recording)).toEqual([
      [2, 1, 2, 1],
      [130, 3, 2, 1],
    ]);
    expect(recording.violations).toEqual({ otherEvent: 1 });
  });

  it.each([
    [0, "generic"],
    [3, "AMD"],
    [4, "colour"],
  ])("names type %i, %s, whose records have no polarity", async (type, name) => {
    const other = stream("");
    other[15] = type;
    await expect(openBytes(other)).rejects.toMatchObject({
      code: "EVENTS_FORMAT_UNSUPPORTED",
      message: expect.stringContaining(name),
    });
  });
});
