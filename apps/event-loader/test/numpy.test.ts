import { readFileSync } from "node:fs";
import { isMillraceError, seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { parsePythonLiteral } from "../src/numpy/python-literal.ts";
import { type Event, openBytes, readEvents } from "./helpers.ts";

// By NumPy through make_numpy.py: the same 150 events in each.
const FILES = JSON.parse(readFileSync(new URL("./fixtures/numpy.json", import.meta.url), "utf8")) as Record<
  string,
  string
>;
const bytesOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(FILES[name]!, "base64"));
const EVENTS = Array.from(
  { length: 150 },
  (_, i): Event => [2_000_000 + i * i, (i * 7) % 320, (i * 5) % 240, i % 3 === 0 ? 1 : 0],
);

describe.each([
  ["structured.npy", { layout: "structured array", timeUnit: "us", polarity: "0/1" }],
  ["padded.npy", { layout: "structured array", timeUnit: "us" }],
  ["big_endian.npy", { layout: "structured array", timeUnit: "us" }],
  ["txyp.npy", { layout: "matrix t, x, y, p", timeUnit: "us" }],
  ["txyp_seconds.npy", { layout: "matrix t, x, y, p", timeUnit: "s" }],
  ["xytp_signed.npy", { layout: "matrix x, y, t, p", timeUnit: "s", polarity: "-1/1" }],
  ["fortran.npy", { layout: "matrix x, y, t, p", timeUnit: "s" }],
  ["arrays.npz", { layout: "arrays x, y, t, p", timeUnit: "us" }],
  ["deflated.npz", { layout: "arrays x, y, t, p", timeUnit: "s" }],
  ["events.npz", { layout: "matrix t, x, y, p", timeUnit: "us" }],
] as const)("%s", (name, metadata) => {
  it("gives every event, in chunks of any size", async () => {
    for (const rowsPerChunk of [32, 65_536]) {
      await using recording = await openBytes(bytesOf(name), { rowsPerChunk });
      expect(recording.format).toBe("NumPy");
      expect(recording.metadata).toMatchObject(metadata);
      expect(await readEvents(recording)).toEqual(EVENTS);
      expect(recording.violations).toEqual({});
    }
  });

  it("is refused when it is cut off at any byte, and never breaks when damaged", async () => {
    const bytes = bytesOf(name);
    for (let length = 6; length < bytes.length; length += Math.max(1, bytes.length >> 7)) {
      await expect(openBytes(bytes.subarray(0, length))).rejects.toSatisfy((error) => isMillraceError(error));
    }
    const random = seededRandom(51);
    for (let round = 0; round < 300; round++) {
      const damaged = bytes.slice();
      damaged[random.nextInt(6, bytes.length - 1)] = random.nextInt(0, 255);
      try {
        await using recording = await openBytes(damaged);
        await readEvents(recording);
      } catch (error) {
        expect(isMillraceError(error), String(error)).toBe(true);
      }
    }
  });
});

it.each([
  ["wrong_shape.npy", "5 × 3"],
  ["text.npy", "<U1"],
  ["nothing.npz", "a.npy"],
])("%s is refused with what was found", async (name, found) => {
  await expect(openBytes(bytesOf(name))).rejects.toThrow(found);
});

describe("parsePythonLiteral", () => {
  it("reads what NumPy writes", () => {
    const text = "{'descr': [('t', '<i8'), ('', '|V3')], 'fortran_order': False, 'shape': (5,), } \n";
    expect(parsePythonLiteral(text)).toEqual(
      new Map<string, unknown>([
        [
          "descr",
          [
            ["t", "<i8"],
            ["", "|V3"],
          ],
        ],
        ["fortran_order", false],
        ["shape", [5]],
      ]),
    );
  });

  it.each([
    "",
    "{",
    "{'a'}",
    "{'a': }",
    "[1 2]",
    "__import__('os')",
    "'a",
    "[".repeat(100) + "]".repeat(100),
  ])("gives undefined for %j", (text) => {
    expect(parsePythonLiteral(text)).toBeUndefined();
  });
});
