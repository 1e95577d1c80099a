import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecordingOptions } from "../src/index.ts";
import { parseDecimal } from "../src/text-fields.ts";
import { openBytes, readEvents } from "./helpers.ts";

async function read(text: string, options?: RecordingOptions) {
  await using recording = await openBytes(text, options);
  const events = await readEvents(recording);
  const { format, width, height, metadata, violations } = recording;
  return { events, format, width, height, metadata, violations };
}

function parse(text: string, places: number, isExact = false): number | undefined {
  const into = { value: Number.NaN };
  const end = parseDecimal(new TextEncoder().encode(`${text},`), 0, places, isExact, into);
  return end === text.length ? into.value : undefined;
}

describe("parseDecimal", () => {
  it.each([
    ["0.003811000", 6, 3811],
    ["0.003820001", 6, 3820],
    ["1.0000005", 6, 1_000_001],
    ["1.0000004999", 6, 1_000_000],
    ["-1.0000005", 6, -1_000_001],
    ["7", 6, 7_000_000],
    [".5", 6, 500_000],
    ["5.", 6, 5_000_000],
    ["+3", 0, 3],
    ["1.5", 3, 1500],
    ["1499", -3, 1],
    ["1500", -3, 2],
    ["499", -3, 0],
    ["500", -3, 1],
    ["50", -3, 0],
    ["1234.9", -3, 1],
    ["1700000000123456789", -3, 1_700_000_000_123_457],
    ["9007199254.740991", 6, Number.MAX_SAFE_INTEGER],
  ])("reads %s with %i places as %i", (text, places, value) => {
    expect(parse(text, places)).toBe(value);
  });

  it.each(["", "-", "+", ".", "-.", "a", "1e3", "1 2", "--1", "9007199254740992"])(
    "reads no number in %j",
    (text) => {
      expect(parse(text, 0)).toBeUndefined();
    },
  );

  it("takes only zeros behind the point where a whole number is asked for", () => {
    expect(parse("96.000", 0, true)).toBe(96);
    expect(parse("96.001", 0, true)).toBeUndefined();
  });

  it("rounds every time in seconds as whole nanoseconds are rounded", () => {
    fc.assert(
      fc.property(fc.nat(9_000_000), fc.nat(999_999_999), (seconds, nanos) => {
        const text = `${seconds}.${String(nanos).padStart(9, "0")}`;
        const expected = (BigInt(seconds) * 1_000_000_000n + BigInt(nanos) + 500n) / 1000n;
        expect(parse(text, 6)).toBe(Number(expected));
      }),
    );
  });
});

describe("text recordings", () => {
  it.each([
    ["rpg: t in seconds x y p", "0.000001 5 6 0\n0.000002 7 8 1\n"],
    ["no line feed at the end", "0.000001 5 6 0\n0.000002 7 8 1"],
    ["carriage returns", "0.000001 5 6 0\r\n0.000002 7 8 1\r\n"],
    ["a byte-order mark", "\ufeff0.000001 5 6 0\n0.000002 7 8 1\n"],
    ["polarity -1 and 1", "0.000001 5 6 -1\n0.000002 7 8 1\n"],
    ["tabs", "0.000001\t5\t6\t0\n0.000002\t7\t8\t1\n"],
    ["commas and blanks", " 0.000001, 5, 6, 0\n 0.000002, 7, 8, 1\n"],
    ["semicolons", "0.000001;5;6;0\n0.000002;7;8;1\n"],
    ["comments and empty lines", "# v2e\n\n0.000001 5 6 0\n# more\n\n0.000002 7 8 1\n"],
    ["Metavision CSV: x,y,p,t in microseconds", "5,6,0,1\n7,8,1,2\n"],
    ["Metavision CSV with its size", "%geometry:640,480\n5,6,0,1\n7,8,1,2\n"],
    ["a heading", "t,x,y,p\n1,5,6,0\n2,7,8,1\n"],
    ["a heading in another order", "y,x,timestamp,polarity\n6,5,1,0\n8,7,2,1\n"],
    ["a heading with a unit", "time_ns,x,y,pol\n1000,5,6,0\n2000,7,8,1\n"],
    ["a heading with a micro sign", "t (µs),x,y,p\n1,5,6,0\n2,7,8,1\n"],
    ["a heading with a Greek letter", '"t [μs]","x","y","p"\n1,5,6,0\n2,7,8,1\n'],
    ["a heading with other columns", "id,t [us],x,y,p\n100,1,5,6,0\n101,2,7,8,1\n"],
    ["numbers with a point", "0.000001 5.0 6.0 0.0\n0.000002 7.0 8.0 1.0\n"],
  ])("reads %s", async (_, text) => {
    const { events, format, violations } = await read(text);
    expect({ events, format, violations }).toEqual({
      events: [
        [1, 5, 6, 0],
        [2, 7, 8, 1],
      ],
      format: "text",
      violations: {},
    });
  });

  it("takes the size from a line of it, else from the events", async () => {
    expect(await read("%geometry:640,480\n5,6,0,1\n7,8,1,2\n")).toMatchObject({ width: 640, height: 480 });
    expect(await read("240 180\n0.1 5 6 0\n0.2 7 8 1\n")).toMatchObject({ width: 240, height: 180 });
    expect(await read("0.1 5 9 0\n0.2 7 8 1\n")).toMatchObject({ width: 8, height: 10 });
  });

  it("takes whole times of 18 digits for nanoseconds since 1970", async () => {
    const { events, metadata } = await read("1700000000000001500 1 2 0\n1700000000000002500 1 2 1\n");
    expect(events.map(([t]) => t)).toEqual([1_700_000_000_000_002, 1_700_000_000_000_003]);
    expect(metadata).toEqual({ columns: "t,x,y,p", timeUnit: "ns" });
  });

  it("does as it is told", async () => {
    const options = { columns: ["p", "-", "x", "y", "t"], timeUnit: "ms" } as const;
    expect(await read("1 abc 5 6 7\n0,,8,9,10.5\n", options)).toMatchObject({
      events: [
        [7000, 5, 6, 1],
        [10_500, 8, 9, 0],
      ],
      violations: {},
    });
  });

  it("counts lines that are no events, and goes on", async () => {
    const bad = [
      "1.0 2 3",
      "1.0 2 3 1 5",
      "1.0 2 3 2",
      "1.0 65536 3 1",
      "1.0 -1 3 1",
      "1.0 1.5 3 1",
      "x y z",
      "1e3 1 1 1",
    ];
    const good = "0.5 1 2 0\n".repeat(100);
    const { events, violations } = await read(`${good}${bad.join("\n")}\n0.7 1 2 0\n`);
    expect(events).toHaveLength(101);
    expect(events[100]).toEqual([700_000, 1, 2, 0]);
    expect(violations).toEqual({ malformedRow: bad.length });
  });

  it("gives negative times their sign", async () => {
    expect((await read("-0.000002 1 2 0\n-0.000001 1 2 1\n")).events.map(([t]) => t)).toEqual([-2, -1]);
  });

  it("gives up on a line without an end, in little memory", async () => {
    const { events, violations } = await read(`0.1 1 2 0\n0.2 1 2 1\n${"9".repeat(3_000_000)}\n0.3 1 2 0\n`, {
      readBytes: 1000,
    });
    expect(events).toHaveLength(3);
    expect(violations).toEqual({ malformedRow: 1 });
  });

  it("counts and keeps events outside the size", async () => {
    expect(await read("%geometry:6,7\n5,6,0,1\n7,6,1,2\n")).toMatchObject({
      events: [
        [1, 5, 6, 0],
        [2, 7, 6, 1],
      ],
      violations: { outsideGeometry: 1 },
    });
  });

  it("asks which column is which when the numbers do not tell", async () => {
    await expect(read("5 6 7 8\n9 4 3 2\n")).rejects.toMatchObject({
      code: "EVENTS_TEXT_AMBIGUOUS",
      message: expect.stringContaining("5 6 7 8"),
    });
    await expect(read("1 1 0 5\n1 1 0 4\n")).rejects.toMatchObject({ code: "EVENTS_TEXT_AMBIGUOUS" });
    await expect(read("1 2 3 4 5\n2 2 3 4 5\n")).rejects.toMatchObject({ code: "EVENTS_TEXT_AMBIGUOUS" });
  });

  it.each(["hello world\n", "1 2 3\n4 5 6\n", "# only a comment\n", "a,b,c,d\n", "1 2 3 4 \x00\n"])(
    "does not take %j for events",
    async (text) => {
      await expect(read(text)).rejects.toMatchObject({ code: "EVENTS_FORMAT_UNKNOWN" });
    },
  );

  it("takes a heading without rows for a recording without events", async () => {
    expect(await read("t,x,y,p\n")).toMatchObject({ events: [], violations: {} });
  });
});

it("plain lines are read as the general reader reads them", async () => {
  const time = fc
    .tuple(fc.nat(1e10), fc.stringMatching(/^(\.[0-9]{0,12})?$/))
    .map(([whole, rest]) => `${whole}${rest}`);
  const place = fc.oneof(
    fc.nat(400).map(String),
    fc.constantFrom("-1", "+3", "7.0", "7.5", "99999999999", ""),
  );
  const sign = fc.constantFrom("0", "1", "-1", "2", "1.0");
  const line = fc
    .tuple(time, place, place, sign, fc.constantFrom("\n", "\r\n", " \n", " 5\n", "#\n"))
    .map(([t, x, y, p, end]) => `${t} ${x} ${y} ${p}${end}`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 20 }),
      fc.constantFrom("s", "ms", "us", "ns"),
      async (lines, timeUnit) => {
        const options = {
          columns: ["t", "x", "y", "p"],
          timeUnit,
          geometry: { width: 346, height: 260 },
        } as const;
        const plain = await read(lines.join(""), options);
        // A blank at the beginning makes a line that is not plain.
        const general = await read(lines.map((one) => ` ${one}`).join(""), options);
        expect(plain.events).toEqual(general.events);
        expect(plain.violations).toEqual(general.violations);
      },
    ),
  );
});
