import { CorruptDataError, InvalidArgumentError } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { integerBetween, Program, type VerbResult } from "../src/index.ts";

interface Caught {
  out: string;
  err: string;
  code: number;
}

async function run(argv: string[], outcome: () => Promise<VerbResult | undefined>): Promise<Caught> {
  const caught: Caught = { out: "", err: "", code: -1 };
  const program = new Program({
    name: "millrace-test",
    description: "A command for tests",
    version: "1.2.3",
    streams: {
      stdout: { write: (text) => (caught.out += text) },
      stderr: { write: (text) => (caught.err += text) },
    },
  }).verb<{ width: number }>({
    usage: "measure <file>",
    summary: "measures a file",
    example: "measure a.raw --width 3",
    flags: (command) => command.option("--width <n>", "width in pixels", integerBetween(1, 32), 8),
    action: async (context, args, options) => {
      context.note(`${args.join()} ${options.width}`);
      return outcome();
    },
  });
  caught.code = await program.run(argv);
  return caught;
}

const fine = async (): Promise<VerbResult> => ({ json: { events: 3 }, text: "events  3" });

describe("a program", () => {
  it("prints a table for people, and notes go to stderr", async () => {
    expect(await run(["measure", "a.raw"], fine)).toEqual({ out: "events  3\n", err: "a.raw 8\n", code: 0 });
  });

  it("prints one JSON object and nothing else with --json", async () => {
    const { out, code } = await run(["measure", "a.raw", "--json", "--width", "3"], fine);
    expect(JSON.parse(out)).toEqual({ events: 3 });
    expect(out.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(0);
  });

  it("exits with 1 when a check found something, after printing it", async () => {
    const found = async (): Promise<VerbResult> => ({
      json: {},
      text: "2 shards are corrupt",
      isFailure: true,
    });
    expect(await run(["measure", "a"], found)).toMatchObject({ out: "2 shards are corrupt\n", code: 1 });
  });

  it.each([
    [["measure"], "missing required argument 'file'"],
    [["measure", "a", "b"], "too many arguments"],
    [
      ["measure", "a", "--widht", "3"],
      "unknown option '--widht' (Did you mean --width?); see millrace-test measure --help",
    ],
    [
      ["measure", "a", "--width", "99"],
      "Expected a whole number from 1 to 32; see millrace-test measure --help",
    ],
    [["measrue", "a"], "unknown command 'measrue' (Did you mean measure?); see millrace-test --help"],
  ])("exits with 2 and one line for %j", async (argv, message) => {
    const { out, err, code } = await run(argv, fine);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(message);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  it("shows what there is, with exit 2, when nothing was asked", async () => {
    const { err, code } = await run([], fine);
    expect(code).toBe(2);
    expect(err).toContain("measure [options] <file>");
  });

  it("helps on every level, with an example, on stdout", async () => {
    expect(await run(["--help"], fine)).toMatchObject({ code: 0, err: "" });
    const { out, code } = await run(["measure", "--help"], fine);
    expect(code).toBe(0);
    expect(out).toContain("millrace-test measure a.raw --width 3");
    expect((await run(["--version"], fine)).out).toBe("1.2.3\n");
  });

  it("turns a failure into one line and exit 1, a bad value into exit 2, without a stack", async () => {
    const corrupt = async (): Promise<never> => {
      throw new CorruptDataError("A_B", "evt3", 17, "no time word\nin the first page");
    };
    const failed = await run(["measure", "a"], corrupt);
    expect(failed.code).toBe(1);
    expect(failed.err).toContain("millrace-test: evt3: at byte 17: no time word in the first page\n");
    expect(failed.err).not.toContain("    at ");

    const invalid = async (): Promise<never> => {
      throw new InvalidArgumentError("A_B", "width", 0, "more");
    };
    expect((await run(["measure", "a"], invalid)).code).toBe(2);
  });

  it("says that an error of another kind is unexpected, and shows the stack and the cause with --verbose", async () => {
    const bug = async (): Promise<never> => {
      throw new TypeError("x is not a function", { cause: new Error("below") });
    };
    expect((await run(["measure", "a"], bug)).err).toContain(
      "unexpected: x is not a function (run again with",
    );
    const verbose = await run(["measure", "a", "--verbose"], bug);
    expect(verbose.err).toContain("    at ");
    expect(verbose.err).toContain("caused by Error: below");
  });
});

it("a signal aborts the verb, which exits with 1 and says so", async () => {
  const program = new Program({
    name: "t",
    description: "",
    version: "0",
    streams: { stdout: { write: () => {} }, stderr: { write: (text) => errors.push(text) } },
  }).verb({
    usage: "wait",
    summary: "waits",
    example: "wait",
    action: (context) =>
      new Promise((_, reject) => {
        context.signal.addEventListener("abort", () => reject(context.signal.reason));
        process.emit("SIGTERM");
      }),
  });
  const errors: string[] = [];
  const before = process.listenerCount("SIGTERM");
  expect(await program.run(["wait"])).toBe(1);
  expect(errors.join("")).toBe("t: interrupted; nothing half-written was left behind\n");
  expect(process.listenerCount("SIGTERM")).toBe(before);
});
