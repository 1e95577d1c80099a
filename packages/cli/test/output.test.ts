import { expect, it } from "vitest";
import {
  byteSize,
  duration,
  formatFacts,
  formatRate,
  formatTable,
  newProgressBar,
  numberBetween,
} from "../src/index.ts";

it("aligns numbers to the right and words to the left", () => {
  expect(
    formatTable(
      ["file", "events"],
      [
        ["a.raw", 1234567],
        ["longer.raw", 8],
      ],
    ),
  ).toBe(["file           events", "a.raw       1,234,567", "longer.raw          8"].join("\n"));
});

it("prints one fact a line and leaves out what is not known", () => {
  expect(
    formatFacts([
      ["format", "EVT3"],
      ["width", undefined],
      ["events", 219596],
    ]),
  ).toBe("format  EVT3\nevents  219,596");
});

it.each([
  [0, "0 steps/s"],
  [450, "450 steps/s"],
  [12_345_678, "12.3 M steps/s"],
  [1.714e9, "1.71 G steps/s"],
])("prints %d a second as %s", (perSecond, text) => {
  expect(formatRate(perSecond, "steps")).toBe(text);
});

it("parses sizes, times and numbers of options, and says what they take", () => {
  expect(byteSize("64KiB")).toBe(65536);
  expect(duration("2s")).toBe(2000);
  expect(numberBetween(0, 1)("0.25")).toBe(0.25);
  expect(() => byteSize("big")).toThrow('Expected a size such as "64KiB"');
  expect(() => duration("5")).toThrow('Expected a time such as "250ms"');
  expect(() => numberBetween(0, 1)("")).toThrow("Expected a number from 0 to 1");
  expect(() => numberBetween(0, 1)("NaN")).toThrow("Expected a number from 0 to 1");
});

it("draws no bar where stderr is no terminal", () => {
  const bar = newProgressBar("convert", false);
  expect(() => {
    bar.update({ bytes: 1, totalBytes: 2, bytesPerSecond: 1, secondsLeft: null });
    bar.stop();
  }).not.toThrow();
});
