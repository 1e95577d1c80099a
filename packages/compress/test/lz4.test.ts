import { describe, expect, it } from "vitest";
import { decompressLz4Frame } from "../src/index.ts";
import { xxh32 } from "../src/xxh32.ts";

/** 171 KB: three blocks of 64 KiB. */
const PATTERN = new TextEncoder().encode(
  Array.from({ length: 60_000 }, (_, i) => `${(i * i) % 97},`).join(""),
);
const LIMIT = 1_000_000;

/** Made by the command lz4 1.9 with -B4 -BD --no-frame-crc; -B4 -BX; -B5 -BD -9; and twice as it comes. */
const GOLDEN: [name: string, content: Uint8Array, frame: string][] = [
  [
    "linked blocks",
    PATTERN,
    "BCJNGEBAwB8CAAD//wYwLDEsNCw5LDE2LDI1LDM2LDQ5LDY0LDgxLDMsMjQsNDcsNzIsMiwzMSw2Miw5NSwzMyw3MCwxMiw1Myw5Niw0NCw5MSw0Myw5NCw1MCw4LDY1LDI3LDg4LDU0LDIyLDg5LDYxLDM1LDExLDg2LDY2LDQ4LDMyLDE4LDYsOTMsODUsNzksNzUsNzMsNzMsNzUsNzksODUsOTMsNiwxOCwzMiw0OCw2Niw4NiwxMSwzNSw2MSw4OSwyMiw1NCw4OCwyNyw2NSw4LDUwLDk0LDQzLDkxLDQ0LDk2LDUzLDEyLDcwLDMzLDk1LDYyLDMxLDIsNzIsNDcsMjQsMyw4MSw2NCw0OSwzNiwyNSwxNiw5LDQsMSwUAf///////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////9NQMTgsNiwKAQAAD4T//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////+hQLDQ3LDK1AQAA8RY0LDMsODEsNjQsNDksMzYsMjUsMTYsOSw0LDEsMCwxLDQsOSwxFwDxszM2LDQ5LDY0LDgxLDMsMjQsNDcsNzIsMiwzMSw2Miw5NSwzMyw3MCwxMiw1Myw5Niw0NCw5MSw0Myw5NCw1MCw4LDY1LDI3LDg4LDU0LDIyLDg5LDYxLDM1LDExLDg2LDY2LDQ4LDMyLDE4LDYsOTMsODUsNzksNzUsNzMsNzMsNzUsNzksODUsOTMsNiwxOCwzMiw0OCw2Niw4NiwxMSwzNSw2MSw4OSwyMiw1NCw4OCwyNyw2NSw4LDUwLDk0LDQzjwDxBjQsOTYsNTMsMTIsNzAsMzMsOTUsNsUAnzIsNzIsNDcsMhQB/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////1BQNSw5MywAAAAA",
  ],
  [
    "independent blocks with all checksums",
    PATTERN,
    "BCJNGHRAvRICAADxwTAsMSw0LDksMTYsMjUsMzYsNDksNjQsODEsMywyNCw0Nyw3MiwyLDMxLDYyLDk1LDMzLDcwLDEyLDUzLDk2LDQ0LDkxLDQzLDk0LDUwLDgsNjUsMjcsODgsNTQsMjIsODksNjEsMzUsMTEsODYsNjYsNDgsMzIsMTgsNiw5Myw4NSw3OSw3NSw3Myw3Myw3NSw3OSw4NSw5Myw2LDE4LDMyLDQ4LDY2LDg2LDExLDM1LDYxLDg5LDIyLDU0LDg4LDI3LDY1LDgsNTAsOTQsNDOPABA0mwAgNTOnACA3MLMAIDk1vwBAMzEsMs8AIDQ32wAQM+UAIDY08QARM/0AnzE2LDksNCwxLBQB////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////01AxOCw2LISIuWUQAgAA4TkzLDg1LDc5LDc1LDczAwABDwDxrzg1LDkzLDYsMTgsMzIsNDgsNjYsODYsMTEsMzUsNjEsODksMjIsNTQsODgsMjcsNjUsOCw1MCw5NCw0Myw5MSw0NCw5Niw1MywxMiw3MCwzMyw5NSw2MiwzMSwyLDcyLDQ3LDI0LDMsODEsNjQsNDksMzYsMjUsMTYsOSw0LDEsMCwxLDQsOSwxNiwyNSwzNiw0OSw2NCw4MSwzLDI0LDQ3LDcyLDIsMzEsNjIsOTUsMzMsNzAsMTIsNTMsOTZ/ABExiwAQNJcAEDihACAyN60AIDU0uQAgODnFAFAzNSwxMdcAIDY24wAgMzLvABA2+QAPFAH////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////QUCw0Nywyf0NQpasBAADwFDQsMyw4MSw2NCw0OSwzNiwyNSwxNiw5LDQsMSwwLDEsNCw5EQAgMjUdACA0OSkA8JM4MSwzLDI0LDQ3LDcyLDIsMzEsNjIsOTUsMzMsNzAsMTIsNTMsOTYsNDQsOTEsNDMsOTQsNTAsOCw2NSwyNyw4OCw1NCwyMiw4OSw2MSwzNSwxMSw4Niw2Niw0OCwzMiwxOCw2LDkzLDg1LDc5LDc1LDczLDczLDc1LDc5LDg1LDkzLDYsMTgsMzIsNDgsNjYsODYsMTEsMzUsNjEsODksMjJhACA4OG0AQDY1LDh9ACE5NIkAETGVABA2oQAgMTKtACAzM7kAETbFABAyzwAgNDfbAA8UAf////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////9OUDUsOTMsy3yiKAAAAADTPLTC",
  ],
  [
    "linked blocks of 256 KiB, high compression",
    PATTERN,
    "BCJNGGRQCJ4DAADxezAsMSw0LDksMTYsMjUsMzYsNDksNjQsODEsMywyNCw0Nyw3MiwyLDMxLDYyLDk1LDMzLDcwLDEyLDUzLDk2LDQ0LDkxLDQzLDk0LDUwLDgsNjUsMjcsODgsNTQsMjIsODksNjEsMzUsMTEsODYsNjYsNDgsMzIsMTgsNiw5Myw4NSw3OSw3NSw3MwMAAQ8AIDg1GwAxNiwxKwAgNDg3AEE4NiwxSQAgNjFVACAyMmEAIDg4bQBANjUsOH0AITk0iQARMZUAEDahACAxMq0AIDMzuQARNsUAEDLPACA0N9sAEDPlACA2NPEAETP9AJ8xNiw5LDQsMSwUAf//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////UlA1LDkzLAAAAADTPLTC",
  ],
  ["nothing", new Uint8Array(0), "BCJNGGRApwAAAAAFXcwC"],
  [
    "bytes that do not compress",
    Uint8Array.from({ length: 64 }, (_, i) => i),
    "BCJNGGRAp0AAAIAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/AAAAADUEEjE=",
  ],
];
const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, "base64"));

/** What a frame gives: its content, or the code of the error. */
function outcome(frame: Uint8Array, limitBytes = LIMIT): Uint8Array | string {
  try {
    return decompressLz4Frame(frame, limitBytes);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe.each(GOLDEN)("an LZ4 frame of %s", (_, content, base64) => {
  const frame = bytesOf(base64);

  it("gives what went in", () => {
    expect(Buffer.from(decompressLz4Frame(frame, LIMIT)).equals(content)).toBe(true);
    expect(decompressLz4Frame(frame, content.length)).toHaveLength(content.length);
  });

  it("fails when it is cut off anywhere, and with a byte too many", () => {
    for (let end = 0; end < frame.length; end++) {
      expect(outcome(frame.subarray(0, end))).toBe("COMPRESS_LZ4_CORRUPT");
    }
    expect(outcome(Uint8Array.from([...frame, 0]))).toBe("COMPRESS_LZ4_CORRUPT");
  });

  it("does not go over the limit", () => {
    if (content.length === 0) return;
    for (const limit of [0, 1, content.length - 1]) {
      expect(outcome(frame, limit)).toBe("COMPRESS_OUTPUT_LIMIT");
    }
  });

  it("fails or gives the same for any flipped bit, where it has a checksum, and never more than its blocks hold", () => {
    const hasChecksum = (frame[4]! & 4) !== 0;
    for (let bit = 0; bit < 8 * frame.length; bit += content === PATTERN ? 7 : 1) {
      const damaged = frame.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const found = outcome(damaged);
      if (typeof found === "string") expect(found).toMatch(/^COMPRESS_(LZ4_CORRUPT|OUTPUT_LIMIT)$/);
      else if (hasChecksum) expect(Buffer.from(found).equals(content)).toBe(true);
    }
  });
});

it("xxh32 gives the published values", () => {
  expect(xxh32(new Uint8Array(0))).toBe(0x02cc5d05);
  expect(xxh32(new TextEncoder().encode("a"))).toBe(0x550d7456);
  expect(xxh32(new TextEncoder().encode("abc"))).toBe(0x32d153ff);
  expect(xxh32(new TextEncoder().encode("Nobody inspects the spammish repetition"))).toBe(0xe2293b2f);
});
