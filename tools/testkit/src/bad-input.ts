import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AppName, type CommandOutcome, runCommand } from "./run-command.ts";
import { smallDisk, tempDirectory } from "./temp-directory.ts";

/** One verb that reads a file, as the suite needs to know it. */
export interface ReadingVerb {
  readonly app: AppName;
  /** The verb, for test names: "convert". */
  readonly name: string;
  /** The command line for an input file; whatever the verb writes must go below `outputDirectory`. */
  args(inputPath: string, outputDirectory: string): string[];
  /** The ending that the input file gets: ".raw". */
  readonly extension: string;
  /** Bytes that the verb reads without complaint. */
  readonly goodInput: Uint8Array;
  /** Where the good input is cut for the truncation case; a place where the loss can be noticed. */
  readonly truncateAt?: number;
  /** Runs before each case, to make what the verb needs beside its input (a store, a database). */
  prepare?(outputDirectory: string): Promise<void>;
  /** True when a file of any content is good input (a store takes every file). @default false */
  readonly takesAnyBytes?: boolean;
  /** Size of the disk in the full-disk case; absent: the verb writes nothing. */
  readonly fullDiskBytes?: number;
  /** Runs a command line in this process, which saves the start of one of its own. @default a process of its own */
  run?(args: readonly string[]): Promise<CommandOutcome>;
}

const LFS_POINTER = [
  "version https://git-lfs.github.com/spec/v1",
  "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393",
  "size 12345",
  "",
].join("\n");

/** What a PNG begins with: a file of another format, for every verb here. */
const OTHER_FORMAT = Uint8Array.of(
  137,
  80,
  78,
  71,
  13,
  10,
  26,
  10,
  0,
  0,
  0,
  13,
  73,
  72,
  68,
  82,
  0,
  0,
  0,
  1,
  0,
  0,
  0,
  1,
);

/**
 * The promises that every verb keeps on bad input: exit 1 (or 2 for a wrong command line), one line on stderr that
 * names the file, no stack trace, nothing on stdout, nothing half-written, and nothing lost that was there.
 */
export function describeBadInput(verb: ReadingVerb): void {
  describe(`${verb.name}, on bad input`, () => {
    const run = async (
      place: (inputDirectory: string) => string,
      check: (outcome: CommandOutcome, inputPath: string) => void,
    ): Promise<void> => {
      using directory = tempDirectory();
      const inputs = join(directory.path, "in");
      const outputs = join(directory.path, "out");
      mkdirSync(inputs);
      mkdirSync(outputs);
      await verb.prepare?.(outputs);
      const before = snapshotOf(outputs);
      const inputPath = place(inputs);
      check(await runVerb(verb, verb.args(inputPath, outputs)), inputPath);
      expect(snapshotOf(outputs)).toEqual(before);
    };
    const write = (bytes: Uint8Array | string) => (inputs: string) => {
      const path = join(inputs, `input${verb.extension}`);
      writeFileSync(path, bytes);
      return path;
    };
    const failsWith = (message: RegExp) => (outcome: CommandOutcome, inputPath: string) => {
      expectOneLine(outcome, 1);
      expect(outcome.stderr).toContain(inputPath);
      expect(outcome.stderr).toMatch(message);
    };

    it("names a missing file", () =>
      run(
        (inputs) => join(inputs, `missing${verb.extension}`),
        failsWith(/no such file|does not exist|not found/i),
      ));

    it("names a directory in place of a file", () =>
      run(
        (inputs) => {
          const path = join(inputs, `directory${verb.extension}`);
          mkdirSync(path);
          return path;
        },
        failsWith(/is a directory/i),
      ));

    it("takes good input, so that the cases below fail for their own reason", async () => {
      using directory = tempDirectory();
      const path = write(verb.goodInput)(directory.path);
      await verb.prepare?.(directory.path);
      const { code, stderr } = await runVerb(verb, verb.args(path, directory.path));
      expect({ code, stderr }).toMatchObject({ code: 0 });
    });

    it("rejects an unknown option with exit 2", async () => {
      using directory = tempDirectory();
      const path = write(verb.goodInput)(directory.path);
      const outcome = await runVerb(verb, [...verb.args(path, directory.path), "--no-such-option"]);
      expectOneLine(outcome, 2);
      expect(outcome.stderr).toContain("--no-such-option");
    });

    if (verb.takesAnyBytes !== true) {
      it("names an empty file", () => run(write(new Uint8Array(0)), failsWith(/empty/i)));
      it("recognises a Git LFS pointer", () => run(write(LFS_POINTER), failsWith(/git lfs/i)));
      it("names a file of another format", () => run(write(OTHER_FORMAT), failsWith(/./)));
    }
    if (verb.truncateAt !== undefined) {
      const cut = verb.goodInput.subarray(0, verb.truncateAt);
      it("notices a truncated file", () => run(write(cut), failsWith(/truncated|cut off|ends/i)));
    }
    if (verb.fullDiskBytes !== undefined) describeFullDisk(verb, verb.fullDiskBytes, write(verb.goodInput));
  });
}

function runVerb(verb: ReadingVerb, args: readonly string[]): Promise<CommandOutcome> {
  return verb.run?.(args) ?? runCommand(verb.app, args);
}

function describeFullDisk(verb: ReadingVerb, sizeBytes: number, place: (inputs: string) => string): void {
  it("leaves nothing half-written on a full disk", async ({ skip }) => {
    using inputs = tempDirectory();
    using disk = smallDisk(sizeBytes);
    if (disk === undefined) return skip("a small disk needs root on Linux");
    await verb.prepare?.(disk.path);
    const before = snapshotOf(disk.path);
    const outcome = await runVerb(verb, verb.args(place(inputs.path), disk.path));
    expectOneLine(outcome, 1);
    expect(outcome.stderr).toMatch(/no space|disk is full/i);
    expect(snapshotOf(disk.path)).toEqual(before);
  });
}

function expectOneLine({ code, stdout, stderr }: CommandOutcome, expectedCode: number): void {
  expect({ code, stdout, lines: stderr.trim().split("\n").length, stderr }).toEqual({
    code: expectedCode,
    stdout: "",
    lines: 1,
    stderr,
  });
  expect(stderr).not.toMatch(/^\s+at /m);
}

/** Every file below a directory with its bytes: what must be the same before and after a failure. */
function snapshotOf(directory: string): Record<string, string> {
  const snapshot: Record<string, string> = {};
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    snapshot[path] = readFileSync(path).toString("base64");
  }
  return snapshot;
}
