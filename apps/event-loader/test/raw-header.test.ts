import { describe, expect, it } from "vitest";
import { MAX_HEADER_BYTES, parseRawHeader } from "../src/raw-header.ts";

const parse = (text: string) => parseRawHeader(new TextEncoder().encode(text), "a.raw");
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

describe("a RAW header", () => {
  it("ends behind its end line", () => {
    const text = "% date 2024-01-01 00:00:00\n% evt 3.0\n% geometry 1280x720\n% end\n% not a line";
    expect(parse(text)).toEqual({
      fields: { date: "2024-01-01 00:00:00", evt: "3.0", geometry: "1280x720" },
      dataStart: text.indexOf("% not"),
      format: "EVT3",
      width: 1280,
      height: 720,
    });
  });

  it("ends at the first other bytes where there is no end line", () => {
    expect(parse("% evt 2.0\nXYZ")).toMatchObject({ dataStart: 10, format: "EVT2" });
    expect(parse("% evt 2.0\n")).toMatchObject({ dataStart: 10 });
  });

  it("does not take data that begins with a percent sign for a line", () => {
    expect(parseRawHeader(latin1("% evt 2.0\n%\x20\x00\x80\x0a"), "a.raw")).toMatchObject({ dataStart: 10 });
    expect(parseRawHeader(latin1("% evt 2.0\n%A\n"), "a.raw")).toMatchObject({ dataStart: 10 });
  });

  it("takes carriage returns", () => {
    expect(parse("% evt 2.0\r\n% geometry 3x4\r\n% end\r\n1234")).toMatchObject({
      dataStart: 34,
      format: "EVT2",
      width: 3,
      height: 4,
    });
  });

  it("is no header when there is none", () => {
    for (const text of ["", "%", "%evt 2.0\n", "hello\n", "\n% evt 2.0\n"])
      expect(parse(text)).toBeUndefined();
  });

  it.each([
    ["% format EVT3;height=4;width=3", { format: "EVT3", width: 3, height: 4 }],
    ["% format EVT21;height=4;width=3;endianness=legacy", { format: "EVT2.1", width: 3, height: 4 }],
    ["% evt 2.1", { format: "EVT2.1", width: undefined, height: undefined }],
    ["% format EVT4\n% evt 3.0", { format: "EVT4", width: undefined }],
    ["% format HISTO3D", { format: "HISTO3D" }],
    ["% system_ID 21", { format: "EVT2", width: 640, height: 480 }],
    ["% system_ID 48", { format: "EVT3", width: 1280, height: 720 }],
    ["% system_ID 40\n% evt 2.0", { format: "EVT2", width: 640, height: 480 }],
    ["% integrator_name Someone\n% system_ID 48", { format: undefined, width: undefined }],
    ["% integrator_name Prophesee\n% system_ID 49", { format: "EVT3", width: 1280 }],
    ["% system_ID 9999", { format: undefined, width: undefined }],
    ["% geometry 0x5", { width: undefined }],
    ["% geometry 320x320\n% format EVT3;height=320;width=320", { width: 320, height: 320 }],
  ])("tells format and size by %j", (text, expected) => {
    expect(parse(`${text}\n% end\n`)).toMatchObject(expected);
  });

  it("refuses two sizes that differ", () => {
    expect(() => parse("% format EVT3;height=4;width=3\n% geometry 4x3\n% end\n")).toThrow(
      expect.objectContaining({ code: "EVENTS_GEOMETRY_CONFLICT", message: expect.stringContaining("3x4") }),
    );
  });

  it("refuses a file that ends inside a line, and a header without an end", () => {
    expect(() => parse("% evt 2.0\n% geo")).toThrow(
      expect.objectContaining({ code: "EVENTS_HEADER_TRUNCATED" }),
    );
    const endless = `% evt 2.0\n${"% a b\n".repeat(MAX_HEADER_BYTES / 6)}`;
    expect(() => parse(endless)).toThrow(expect.objectContaining({ code: "EVENTS_HEADER_TOO_LONG" }));
    expect(() => parse(`% ${"x".repeat(MAX_HEADER_BYTES)}`)).toThrow(
      expect.objectContaining({ code: "EVENTS_HEADER_TOO_LONG" }),
    );
  });
});
