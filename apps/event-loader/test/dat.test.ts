import { describe, expect, it } from "vitest";
import { hexBytes, openBytes, readEvents } from "./helpers.ts";

const dat = (header: string, hex: string) =>
  Uint8Array.from([...new TextEncoder().encode(header), ...hexBytes(hex)]);
const HEADER = "% Data file containing CD events.\n% Version 2\n% Width 1280\n% Height 720\n";

describe("DAT", () => {
  it.each([
    ["events of type 0", "00 08"],
    ["events of type 12", "0c 08"],
  ])("reads %s: x in 14 bits, y in 14, polarity 0, 1 or -1", async (_, type) => {
    const bytes = dat(HEADER, `${type} 05000000 ff3f0010 ffffffff 00c0ff0f 06000000 034001f0`);
    await using recording = await openBytes(bytes);
    expect(await readEvents(recording)).toEqual([
      [5, 16_383, 0, 1],
      [2 ** 32 - 1, 0, 16_383, 0],
      [2 ** 32 + 6, 3, 5, 0],
    ]);
    expect(recording).toMatchObject({
      format: "DAT",
      width: 1280,
      height: 720,
      violations: { outsideGeometry: 2 },
    });
  });

  it("reads version 1: x in 9 bits, y in 8, polarity in one", async () => {
    await using recording = await openBytes(
      dat("% Version 1\n", "00 08 01000000 ff010200 02000000 00fe0100"),
    );
    expect(await readEvents(recording)).toEqual([
      [1, 511, 0, 1],
      [2, 0, 255, 0],
    ]);
    expect([recording.width, recording.height]).toEqual([512, 256]);
  });

  it("takes a drop of the time for a wrap above 2^31 only", async () => {
    const times = "00000080 00000000 00000000 00000000 01000080 00000000 00000000 00000000";
    await using recording = await openBytes(dat(HEADER, `0c 08 ${times}`));
    expect((await readEvents(recording)).map(([t]) => t)).toEqual([2 ** 31, 0, 2 ** 31 + 1, 2 ** 32]);
  });

  it("reads triggers, with their wraps", async () => {
    const bytes = dat(
      "% Data file containing triggers.\n% Version 2\n",
      "0e 08 ffffffff 01000018 05000000 000000fc",
    );
    await using recording = await openBytes(bytes);
    expect(await readEvents(recording)).toEqual([]);
    const { t, id, value } = recording.triggers;
    expect([...t, ...id, ...value]).toEqual([2n ** 32n - 1n, 2n ** 32n + 5n, 6, 63, 1, 0]);
  });

  it("reads records alone when it is told that they are DAT", async () => {
    await using recording = await openBytes(hexBytes("05000000 01400010"), { format: "DAT" });
    expect(await readEvents(recording)).toEqual([[5, 1, 1, 1]]);
  });

  it("counts a record that is cut off, and fails on a header that is", async () => {
    await using cut = await openBytes(dat(HEADER, "0c 08 05000000 01400010 05"));
    expect([(await readEvents(cut)).length, cut.violations]).toEqual([1, { truncatedWord: 1 }]);
    await expect(openBytes(dat(HEADER, "0c"))).rejects.toMatchObject({
      code: "EVENTS_HEADER_TRUNCATED",
      byteOffset: HEADER.length,
    });
  });
});
