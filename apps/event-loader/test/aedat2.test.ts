import { describe, expect, it } from "vitest";
import { hexBytes, openBytes, readEvents } from "./helpers.ts";

const aedat = (header: string, hex: string) =>
  Uint8Array.from([...new TextEncoder().encode(`#!AER-DAT2.0\r\n${header}`), ...hexBytes(hex)]);

describe("AEDAT2", () => {
  it("reads a DAVIS by its chip: events, external inputs as triggers, neither frames nor samples", async () => {
    const records =
      "00c05800 00000005 80000001 00000006 00000402 00000007 00000403 00000008 803ff000 00000009 00805000 0000000a";
    const chip = "# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C\r\n#End Of ASCII Header\r\n";
    await using recording = await openBytes(aedat(chip, records));
    expect(await readEvents(recording)).toEqual([
      [5, 5, 3, 1],
      [10, 5, 2, 0],
    ]);
    expect(recording).toMatchObject({ format: "AEDAT2", width: 240, height: 180, violations: {} });
    const { t, value } = recording.triggers;
    expect([...t, ...value]).toEqual([7n, 8n, 0, 1]);
  });

  it("reads a DVS128, whose lowest bit is 0 for brighter, by its chip or by its addresses", async () => {
    const records = "0000050a 00000001 0000050b 00000002 00008000 00000003";
    for (const chip of ["", "# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128\r\n"]) {
      await using recording = await openBytes(aedat(chip, records));
      expect(await readEvents(recording)).toEqual([
        [1, 5, 5, 1],
        [2, 5, 5, 0],
      ]);
      expect(recording).toMatchObject({ width: 128, height: 128, triggerCount: 1 });
    }
  });

  it("goes on behind the wrap of a signed time, and keeps a small step back, below zero too", async () => {
    const records =
      "00400000 00000005 00400000 fffffffb 00400000 7fffffff 00400000 80000000 00400000 00000000";
    await using recording = await openBytes(aedat("", records));
    expect((await readEvents(recording)).map(([t]) => t)).toEqual([5, -5, 2 ** 31 - 1, 2 ** 31, 2 ** 32]);
  });

  it("takes data that begins with the mark of a header line for data", async () => {
    await using recording = await openBytes(aedat("# a line\r\n", "23400000 00000005 00400000 00000006"));
    expect((await readEvents(recording)).map(([, x, y]) => [x, y])).toEqual([
      [0, 141],
      [0, 1],
    ]);
  });

  it("reads a header of 200 KB, and fails on one that is cut off", async () => {
    const long = `# ${"x".repeat(200_000)}\r\n`;
    await using recording = await openBytes(aedat(long, "00400000 00000005"));
    expect(await readEvents(recording)).toHaveLength(1);
    await expect(openBytes(aedat("# cut", ""))).rejects.toMatchObject({ code: "EVENTS_HEADER_TRUNCATED" });
  });

  it("reads records alone when it is told what they are, and counts one that is cut off", async () => {
    await using recording = await openBytes(hexBytes("00401000 00000005 004010"), { format: "AEDAT2" });
    expect(await readEvents(recording)).toEqual([[5, 1, 1, 0]]);
    expect(recording.violations).toEqual({ truncatedWord: 1 });
  });

  it("AEDAT1 has the addresses of a DVS128 in 16 bits", async () => {
    const header = new TextEncoder().encode("#!AER-DAT1.0\r\n# a line\r\n");
    const bytes = Uint8Array.from([...header, ...hexBytes("050a 00000001 050b 00000002 8000 00000003 05")]);
    await using recording = await openBytes(bytes);
    expect(recording).toMatchObject({ format: "AEDAT1", width: 128, height: 128 });
    expect(await readEvents(recording)).toEqual([
      [1, 5, 5, 1],
      [2, 5, 5, 0],
    ]);
    expect([recording.triggerCount, recording.violations]).toEqual([1, { truncatedWord: 1 }]);
  });
});
