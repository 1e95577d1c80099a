import { describe, expect, it } from "vitest";
import { checkInteger, checkOneOf, nearestName, resolveOptions } from "../src/index.ts";

const DEFAULTS = { segmentBytes: 4096, durability: "disk", limit: undefined as number | undefined };

describe("options", () => {
  it("are filled up with the defaults, and undefined counts as not given", () => {
    expect(resolveOptions("wal", DEFAULTS, { segmentBytes: 8192, durability: undefined })).toEqual({
      segmentBytes: 8192,
      durability: "disk",
      limit: undefined,
    });
    expect(resolveOptions("wal", DEFAULTS)).toEqual(DEFAULTS);
  });

  it("do not change the defaults", () => {
    resolveOptions("wal", Object.freeze({ a: 1 as number }), { a: 2 });
    expect(DEFAULTS.segmentBytes).toBe(4096);
  });

  it("reject an unknown key with the nearest known one", () => {
    const given = { segmentByte: 1 } as object;
    expect(() => resolveOptions("wal", DEFAULTS, given)).toThrow(
      'wal option: got "segmentByte", expected "segmentBytes", perhaps',
    );
    expect(() => resolveOptions("wal", DEFAULTS, { zzz: 1 } as object)).toThrow(
      "one of segmentBytes, durability, limit",
    );
    expect(() => resolveOptions("doc-db", DEFAULTS, given)).toThrow(
      expect.objectContaining({ code: "DOC_DB_OPTION_UNKNOWN" }),
    );
  });

  it.each([0, 33, 1.5, Number.NaN, "8", null])("reject the integer %s out of 1 to 32", (value) => {
    expect(() => checkInteger("codecs", "width", value, 1, 32)).toThrow("an integer from 1 to 32");
  });

  it("accept integers and words inside the range", () => {
    expect(checkInteger("codecs", "width", 1, 1, 32)).toBe(1);
    expect(checkInteger("codecs", "width", 32, 1, 32)).toBe(32);
    expect(checkOneOf("cache", "policy", "lru", ["lru", "sieve"])).toBe("lru");
    expect(() => checkOneOf("cache", "policy", "fifo", ["lru", "sieve"])).toThrow("one of lru, sieve");
  });

  it("guess a name only when it is near", () => {
    expect(nearestName("memry_threshold", ["memory_threshold", "temp_directory"])).toBe("memory_threshold");
    expect(nearestName("Durability", ["durability"])).toBe("durability");
    expect(nearestName("frobnicate", ["durability"])).toBeUndefined();
  });
});
