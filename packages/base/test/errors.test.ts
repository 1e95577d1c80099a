import { describe, expect, it } from "vitest";
import {
  assert,
  CapacityError,
  CorruptDataError,
  describeValue,
  InvalidArgumentError,
  IoError,
  isMillraceError,
  MillraceError,
} from "../src/index.ts";

describe("errors", () => {
  it("say what was found and what was expected", () => {
    const error = new InvalidArgumentError("X_OPTION_RANGE", "x width", 40, "an integer from 1 to 32");
    expect(error.message).toBe("x width: got 40, expected an integer from 1 to 32");
    expect(error.name).toBe("InvalidArgumentError");
    expect(error).toMatchObject({ argument: "x width", received: 40, code: "X_OPTION_RANGE" });
  });

  it("carry the byte offset, the limit, the path and the cause", () => {
    const cause = new Error("below");
    expect(new CorruptDataError("A_B", "delta", 1032, "width 37, maximum is 32", { cause })).toMatchObject({
      byteOffset: 1032,
      message: "delta: at byte 1032: width 37, maximum is 32",
      cause,
    });
    expect(new CapacityError("A_B", "buffer", 10, 8)).toMatchObject({ requiredBytes: 10, limitBytes: 8 });
    expect(new IoError("A_B", "/x", "open", "no such file")).toMatchObject({ path: "/x", syscall: "open" });
  });

  it("has no cause property where nothing caused it", () => {
    expect("cause" in new MillraceError("A_B", "m")).toBe(false);
  });

  it("are recognised by code, also from another installed copy, and nothing else is", () => {
    expect(isMillraceError(new MillraceError("A_B", "m"))).toBe(true);
    expect(isMillraceError(new MillraceError("A_B", "m"), "A_B")).toBe(true);
    expect(isMillraceError(new MillraceError("A_B", "m"), "A_C")).toBe(false);
    expect(isMillraceError(Object.assign(new Error("copy"), { code: "WAL_FRAME_CRC" }))).toBe(true);
    expect(isMillraceError(Object.assign(new Error("of the system"), { code: "ENOENT" }))).toBe(false);
    expect(isMillraceError(Object.assign(new Error("of Node"), { code: "ERR_INVALID_STATE" }))).toBe(false);
    expect(isMillraceError(new Error("plain"))).toBe(false);
    expect(isMillraceError("text")).toBe(false);
  });

  it("assert passes what holds and blames this project for what does not", () => {
    expect(() => assert(true, "fine")).not.toThrow();
    expect(() => assert(false, "length is even")).toThrow("broken invariant: length is even; this is a bug");
  });

  it.each([
    ["text", '"text"'],
    ["x".repeat(100), `"${"x".repeat(77)}..."`],
    [10n, "10n"],
    [null, "null"],
    [undefined, "undefined"],
    [-0.5, "-0.5"],
    [[1, 2], "an array of 2"],
    [new Uint16Array(3), "a Uint16Array of 6 bytes"],
    [new Date(0), "a Date"],
    [Object.create(null), "a plain object"],
  ])("describes %s in a few words", (value, text) => {
    expect(describeValue(value)).toBe(text);
  });
});
