import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fieldsOf, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { npyHeader } from "../src/encoders/npy-encoder.ts";
import { recordingBytes, wordBytes } from "./helpers.ts";
import { runMain } from "./run-main.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
  writeFileSync(join(directory.path, "good.raw"), recordingBytes());
  writeFileSync(
    join(directory.path, "unsorted.csv"),
    "%geometry:64,48\nx,y,p,t\n1,1,1,100\n2,1,0,90\n70,1,1,110\n3,1,0,20\n4,1,0,120\n",
  );
  writeFileSync(join(directory.path, "damaged.raw"), Buffer.concat([recordingBytes().subarray(0, 2001)]));
});
afterAll(() => directory[Symbol.dispose]());

const events = (...args: string[]) => runMain(args, { cwd: directory.path });
const jsonOf = async (code: number, ...args: string[]) => {
  const outcome = await events(...args, "--json");
  expect(outcome, outcome.stderr).toMatchObject({ code });
  return JSON.parse(outcome.stdout) as Record<string, unknown>;
};

describe("events head", () => {
  it("shows the first events, ten unless told otherwise", async () => {
    const head = await jsonOf(0, "head", "good.raw", "-n", "2");
    expect(fieldsOf(head)).toMatchInlineSnapshot(`
      {
        "events": "array",
        "format": "string",
        "input": "string",
      }
    `);
    expect(head.events).toEqual([
      { t: 0, x: 0, y: 0, p: 0 },
      { t: 7, x: 1, y: 1, p: 1 },
    ]);
    const { stdout } = await events("head", "good.raw");
    expect(stdout.trim().split("\n")).toHaveLength(11);
    expect(stdout).toMatch(/^t \(µs\) +x +y +p\n/);
    expect((await events("head", "good.raw", "-n", "-1")).code).toBe(2);
  });
});

it("says on stderr that times of 32 bits are not exact", async () => {
  const dtype = "[('t', '<f4'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]";
  const record = Buffer.from([0, 0, 128, 63, 1, 0, 2, 0, 1]);
  writeFileSync(join(directory.path, "float.npy"), Buffer.concat([npyHeader(dtype, 1), record]));
  const { stdout, stderr } = await events("head", "float.npy", "--json");
  expect(stderr).toMatch(/^float.npy: its times have 32 bits: .* milliseconds/);
  expect(JSON.parse(stdout)).toMatchObject({ events: [{ t: 1_000_000, x: 1, y: 2, p: 1 }] });
});

describe("events cut", () => {
  it("writes a part by time, and by numbers of events", async () => {
    const cut = await jsonOf(0, "cut", "good.raw", "part.raw", "--from", "7ms", "--until", "14ms");
    expect(fieldsOf(cut)).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "events": "number",
        "format": "string",
        "input": "string",
        "output": "string",
      }
    `);
    expect(cut.events).toBe(1000);
    await jsonOf(0, "cut", "good.raw", "some.dat", "--skip", "10", "--count", "5");
    expect((await jsonOf(0, "head", "some.dat")).events).toEqual(
      ((await jsonOf(0, "head", "good.raw", "-n", "15")).events as object[]).slice(10),
    );
    await jsonOf(0, "cut", "good.raw", "both.raw", "--from", "7ms", "--skip", "999", "--count", "3");
    expect((await jsonOf(0, "head", "both.raw", "-n", "1")).events).toMatchObject([{ t: 7 * 1999 }]);
  });

  it("wants to be told what", async () => {
    const { code, stderr } = await events("cut", "good.raw", "none.raw");
    expect([code, stderr]).toEqual([2, expect.stringContaining("--from")]);
    expect(readdirSync(directory.path)).not.toContain("none.raw");
  });
});

describe("an output", () => {
  it("with less in it never takes the place of the recording that is read; a picture has the ending that it is", async () => {
    const before = readFileSync(join(directory.path, "good.raw"));
    for (const [verb, ...flags] of [["filter"], ["cut", "--count", "1"], ["repair"]]) {
      const outcome = await events(verb!, "good.raw", "./good.raw", ...flags);
      expect(outcome, verb).toMatchObject({ code: 2, stdout: "" });
      expect(outcome.stderr).toContain("would take the place of good.raw");
    }
    expect(await events("render", "good.raw", "good.raw")).toMatchObject({ code: 2 });
    for (const [verb, ending] of [
      ["info", ".png"],
      ["stats", ".svg"],
    ]) {
      const { code, stderr } = await events(verb!, "good.raw", "--plot", "good.raw");
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`ends in ${ending}; see millrace-events ${verb} --help`),
      ]);
    }
    expect(Buffer.compare(readFileSync(join(directory.path, "good.raw")), before)).toBe(0);
  });

  it("without an event is told of, a table that is named, a time without a unit by its option, a cut-off gzip file by its name", async () => {
    const none = await events("filter", "good.raw", "none.raw", "--from", "1h");
    expect([none.code, none.stderr]).toEqual([0, expect.stringContaining("good.raw: no event passed")]);
    const bare = await events("cut", "good.raw", "part.raw", "--from", "5");
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining("'--from <time>' argument '5'")]);
    const table = await events("convert", "good.raw", "-", "--to", "parquet");
    expect([table.code, table.stderr]).toEqual([2, expect.stringContaining("ends in .parquet")]);
    writeFileSync(join(directory.path, "cut.raw.gz"), gzipSync(recordingBytes()).subarray(0, 500));
    const cut = await events("info", "cut.raw.gz");
    expect([cut.code, cut.stderr]).toEqual([1, expect.stringContaining("cut.raw.gz: gzip: at byte 500")]);
  });
});

describe("events diff", () => {
  it("finds recordings the same in any formats", async () => {
    await events("convert", "good.raw", "same.h5");
    const diff = await jsonOf(0, "diff", "good.raw", "same.h5");
    expect(fieldsOf(diff)).toMatchInlineSnapshot(`
      {
        "a": "string",
        "b": "string",
        "eventsA": "number",
        "eventsB": "number",
        "firstDifference": "null",
        "formatA": "string",
        "formatB": "string",
        "isSame": "boolean",
      }
    `);
    expect(diff).toMatchObject({ isSame: true, eventsA: 3000, eventsB: 3000, firstDifference: null });
  });

  it("shows the first difference, and where one ends before the other", async () => {
    await events("filter", "good.raw", "turned.raw", "--flip", "x");
    expect(await jsonOf(1, "diff", "good.raw", "turned.raw")).toMatchObject({
      isSame: false,
      firstDifference: { event: 0, a: { t: 0, x: 0, y: 0, p: 0 }, b: { t: 0, x: 63, y: 0, p: 0 } },
    });
    await events("cut", "good.raw", "short.dat", "--count", "2500");
    expect(await jsonOf(1, "diff", "good.raw", "short.dat")).toMatchObject({
      eventsA: 3000,
      eventsB: 2500,
      firstDifference: { event: 2500, a: { t: 17_500 }, b: null },
    });
    const { stdout } = await events("diff", "good.raw", "short.dat");
    expect(stdout).toMatch(/first difference +event 2500\nin good.raw +t 17500 µs.*\nin short.dat +none/);
  });
});

describe("events validate", () => {
  it("finds nothing wrong in a good recording", async () => {
    const found = await jsonOf(0, "validate", "good.raw");
    expect(fieldsOf(found)).toMatchInlineSnapshot(`
      {
        "events": "number",
        "findings": "array",
        "format": "string",
        "input": "string",
        "mostBackUs": "number",
      }
    `);
    expect(found).toMatchObject({ events: 3000, mostBackUs: 0, findings: [] });
  });

  it("lists violations, events out of order, and where nothing more can be read", async () => {
    const found = await jsonOf(1, "validate", "unsorted.csv");
    expect(found).toMatchObject({
      events: 5,
      mostBackUs: 90,
      findings: [
        { kind: "outsideGeometry", count: 1 },
        { kind: "timeOrder", count: 2, meaning: expect.stringContaining("90 µs") },
      ],
    });
    writeFileSync(join(directory.path, "words.bin"), wordBytes("8001 0001 6002 2003 1000 2804", 2));
    expect(await jsonOf(1, "validate", "words.bin", "--format", "evt3")).toMatchObject({
      findings: [{ kind: "unknownWord", count: 1 }],
    });
    expect(await jsonOf(1, "validate", "damaged.raw")).toMatchObject({
      findings: [{ kind: "truncatedWord" }],
    });
    const packet = Buffer.concat([Buffer.from("#!AER-DAT3.1\r\n#!END-HEADER\r\n"), Buffer.alloc(40)]);
    writeFileSync(join(directory.path, "broken.aedat"), packet);
    const { stdout, code } = await events("validate", "broken.aedat");
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /findings +1\n\n1 unreadable: nothing behind event 0 can be read: broken.aedat: at byte 28/,
    );
  });
});

describe("events repair", () => {
  it("sorts within a window, leaves out what is outside, and says so", async () => {
    const repaired = await jsonOf(
      0,
      "repair",
      "unsorted.csv",
      "sorted.raw",
      "--sort",
      "0.05ms",
      "--drop-outside",
    );
    expect(fieldsOf(repaired)).toMatchInlineSnapshot(`
      {
        "bytes": "number",
        "cut": "null",
        "format": "string",
        "input": "string",
        "late": "number",
        "output": "string",
        "outside": "number",
        "read": "number",
        "sorted": "number",
        "violations": "object",
        "written": "number",
      }
    `);
    expect(repaired).toMatchObject({ read: 5, written: 3, sorted: 1, late: 1, outside: 1, cut: null });
  });

  it("keeps what stands before the damage", async () => {
    const repaired = await jsonOf(0, "repair", "damaged.raw", "saved.raw");
    expect(repaired).toMatchObject({ violations: { truncatedWord: 1 }, cut: null });
    expect(await jsonOf(0, "validate", "saved.raw")).toMatchObject({ events: repaired.written });
    const words = Buffer.concat([
      Buffer.from("#!AER-DAT3.1\r\n#!END-HEADER\r\n"),
      aedat3(),
      Buffer.alloc(40),
    ]);
    writeFileSync(join(directory.path, "half.aedat"), words);
    const half = await jsonOf(0, "repair", "half.aedat", "half.npy");
    expect(half).toMatchObject({ read: 2, written: 2, cut: expect.stringContaining("at byte 72") });
  });
});

/** A packet of two polarity events. */
function aedat3(): Buffer {
  const bytes = Buffer.alloc(28 + 16);
  bytes.writeInt16LE(1, 0);
  bytes.writeInt32LE(8, 4);
  for (const at of [16, 20, 24]) bytes.writeInt32LE(2, at);
  bytes.writeUInt32LE(1, 28);
  bytes.writeUInt32LE(1, 36);
  return bytes;
}
