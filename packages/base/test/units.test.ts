import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatByteSize, formatDuration, parseByteSize, parseDuration } from "../src/index.ts";

describe("byte sizes", () => {
  it.each([
    ["100MB", 100_000_000],
    ["1GiB", 2 ** 30],
    ["4096", 4096],
    ["1.5 KiB", 1536],
    ["0", 0],
    [" 2 tb ", 2e12],
    ["1.1kb", 1100],
    ["8192 B", 8192],
  ])("reads %s", (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(["", "MB", "-1", "1.5", "1e3", "10 XB", "1.0001KiB", "9999999PiB", "0x10"])(
    "rejects %j",
    (text) => {
      expect(() => parseByteSize(text)).toThrow('a size such as "100MB"');
    },
  );

  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [2 ** 30, "1 GiB"],
    [123_456_789, "118 MiB"],
  ])("prints %d as %s", (bytes, text) => {
    expect(formatByteSize(bytes)).toBe(text);
  });

  it("prints whole units so that they read back the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 0, max: 4 }), (n, power) => {
        expect(parseByteSize(formatByteSize(n * 1024 ** power))).toBe(n * 1024 ** power);
      }),
    );
  });
});

describe("durations", () => {
  it.each([
    ["250ms", 250],
    ["10s", 10_000],
    ["1.5h", 5_400_000],
    ["2m", 120_000],
    ["500us", 0.5],
    ["1 d", 86_400_000],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "10", "-1s", "s", "1 week"])("rejects %j", (text) => {
    expect(() => parseDuration(text)).toThrow('a time such as "250ms"');
  });

  it.each([
    [0.0004, "0.4 µs"],
    [12.345, "12.3 ms"],
    [4560, "4.56 s"],
    [125_000, "2 min 5 s"],
    [11_220_000, "3 h 7 min"],
  ])("prints %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
