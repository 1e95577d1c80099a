import { seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { Decimal128 } from "../src/document/decimal128.ts";
import { documentFromJson, valueToJson } from "../src/document/extended-json.ts";
import { lookupIn } from "../src/document/lookup.ts";
import {
  compareValues,
  decodeDocument,
  encodeDocument,
  encodeKey,
  ObjectId,
  type Value,
} from "../src/extras.ts";
import { compareBytes } from "../src/keys/compare.ts";
import { encodeIndexValue } from "../src/keys/encode-key.ts";
import { randomValue } from "./helpers.ts";

describe("encoded keys", () => {
  it("compare as the values do, and are equal only for equal values", () => {
    const random = seededRandom(1);
    for (let i = 0; i < 60_000; i++) {
      const a = randomValue(random);
      const b = randomValue(random);
      const expected = Math.sign(compareValues(a, b));
      const found = Math.sign(compareBytes(encodeKey(a), encodeKey(b)));
      if (found !== expected)
        expect.fail(`${JSON.stringify([valueToJson(a), valueToJson(b)])}: ${found}, expected ${expected}`);
      const cut = Math.sign(compareBytes(encodeIndexValue(a), encodeIndexValue(b)));
      if (cut !== 0 && cut !== expected)
        expect.fail(`cut keys of ${JSON.stringify([valueToJson(a), valueToJson(b)])} are in another order`);
    }
  });

  it("tell decimals apart that have one double in common, on both sides of zero and among int64", () => {
    const random = seededRandom(3);
    const digits = (n: number): string => Array.from({ length: n }, () => random.nextInt(0, 9)).join("");
    const decimals = Array.from({ length: 400 }, (): Value => {
      const sign = random.next() < 0.5 ? "" : "-";
      const near = ["0.1", "9223372036854775807", "9007199254740993", "1e300", "4.9e-324", "1.5"];
      const [head, exponent = "0"] = near[random.nextInt(0, 5)]!.split("e") as [string, string?];
      return Decimal128.parse(
        `${sign}${head}${head.includes(".") ? "" : "."}${digits(random.nextInt(1, 14))}E${exponent}`,
      );
    });
    const values: Value[] = [
      ...decimals,
      0.1,
      -0.1,
      1.5,
      2n ** 63n - 1n,
      -(2n ** 63n),
      2 ** 63,
      9007199254740993n,
    ];
    for (const a of values) {
      for (const b of values) {
        const expected = Math.sign(compareValues(a, b));
        if (Math.sign(compareBytes(encodeKey(a), encodeKey(b))) !== expected)
          expect.fail(`${JSON.stringify([valueToJson(a), valueToJson(b)])}: expected ${expected}`);
      }
    }
  });

  it("are no beginning of another one, so that they can be put one behind the other", () => {
    const random = seededRandom(2);
    const keys = Array.from({ length: 3000 }, () => encodeKey(randomValue(random))).sort(compareBytes);
    for (let i = 1; i < keys.length; i++) {
      const [before, key] = [keys[i - 1]!, keys[i]!];
      if (before.length >= key.length || compareBytes(before, key) === 0) continue;
      expect(compareBytes(before, key.subarray(0, before.length))).not.toBe(0);
    }
  });

  it("follow BSON's order of types, and order int64 and double exactly", () => {
    const ascending: Value[] = [
      null,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      -(2n ** 63n),
      -(2n ** 63n) + 1n,
      -(2 ** 62),
      -1.5,
      -1n,
      0,
      Number.MIN_VALUE,
      1n,
      2 ** 53,
      2n ** 53n + 1n,
      2 ** 53 + 2,
      2n ** 62n - 1n,
      2 ** 62,
      2n ** 62n + 1n,
      2n ** 63n - 1n,
      2 ** 63,
      Number.POSITIVE_INFINITY,
      "",
      "a",
      "a\0",
      "a\0b",
      "ab",
      "\uffff",
      "\u{10000}",
      {},
      { a: null },
      { b: null },
      { a: 1 },
      [],
      [1],
      [1, 2],
      [2],
      new Uint8Array(0),
      Uint8Array.of(9),
      Uint8Array.of(1, 1),
      new ObjectId(new Uint8Array(12)),
      false,
      true,
      new Date(-1),
      new Date(0),
    ];
    for (let i = 1; i < ascending.length; i++) {
      expect(compareBytes(encodeKey(ascending[i - 1]!), encodeKey(ascending[i]!)), `place ${i}`).toBeLessThan(
        0,
      );
      expect(compareValues(ascending[i - 1]!, ascending[i]!), `place ${i}`).toBeLessThan(0);
    }
    expect(encodeKey(-0)).toEqual(encodeKey(0n));
  });
});

describe("encoded documents", () => {
  it("give every value back, whole, by field, and through Extended JSON", () => {
    const random = seededRandom(3);
    for (let i = 0; i < 5000; i++) {
      const document = { _id: i, a: randomValue(random), b: randomValue(random), c: randomValue(random) };
      const bytes = encodeDocument(document);
      expect(decodeDocument(bytes)).toEqual(document);
      expect(lookupIn(bytes)("b")).toEqual(document.b);
      expect(lookupIn(bytes)("d")).toBeUndefined();
      expect(documentFromJson(JSON.parse(JSON.stringify(valueToJson(document))))).toEqual(document);
    }
  });

  it("may be wider than 16-bit offsets reach, and have fields of any name", () => {
    const names = ["", "__proto__", "constructor", "a.b", "$a", "\u{1f600}"];
    const document = Object.fromEntries(names.map((name) => [name, "x".repeat(30_000)]));
    const text = JSON.stringify(document);
    const parsed = JSON.parse(`{"__proto__": 1, "list": [${Array(70_000).fill(0).join()}]}`) as Record<
      string,
      Value
    >;
    expect(JSON.stringify(decodeDocument(encodeDocument(document)))).toBe(text);
    expect(Object.keys(decodeDocument(encodeDocument(parsed)))).toEqual(["__proto__", "list"]);
    expect(decodeDocument(encodeDocument({}))).toEqual({});
  });

  it("are refused by name when they are cut off or damaged, or decode to something", () => {
    const random = seededRandom(4);
    const bytes = encodeDocument({ _id: 1, text: "héllo", list: [1, [2], { three: 3n }], at: new Date(0) });
    for (let i = 0; i < 3000; i++) {
      const damaged = bytes.slice(0, Math.min(i, bytes.length));
      if (i >= bytes.length) damaged[random.nextInt(0, bytes.length - 1)] = random.nextU32();
      try {
        decodeDocument(damaged);
      } catch (error) {
        expect((error as { code?: string }).code, `${error}`).toMatch(/^DOCDB_/);
      }
    }
  });

  it.each([
    [{ a: "\ud800" }, /DOCDB_STRING_INVALID|well-formed/],
    [{ a: 2n ** 63n }, /64 bits/],
    [{ a: undefined as unknown as Value }, /field value/],
    [{ a: new Map() as unknown as Value }, /field value/],
    [{ a: "x".repeat(17 * 2 ** 20) }, /limit is 16777216/],
  ])("refuses what cannot be stored: case %#", (document, message) => {
    expect(() => encodeDocument(document)).toThrow(message);
  });

  it("refuses documents that are too deep", () => {
    let deep: Value = 1;
    for (let i = 0; i < 200; i++) deep = [deep];
    expect(() => encodeDocument({ deep })).toThrow(/at most 100 levels/);
  });
});
