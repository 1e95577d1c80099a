import { isMillraceError, seededRandom } from "@millrace/base";
import { BSON } from "mongodb";
import { describe, expect, it } from "vitest";
import { decodeBson } from "../src/bson/decode.ts";
import { encodeBson } from "../src/bson/encode.ts";
import { encodeDocument } from "../src/document/encode.ts";
import { documentFromJson } from "../src/document/extended-json.ts";
import type { Document } from "../src/document/value.ts";
import { randomValue } from "./helpers.ts";

const KEPT = { promoteValues: false, bsonRegExp: true } as const;

function randomDocument(seed: number): Document {
  const random = seededRandom(seed);
  return Object.fromEntries(
    Array.from({ length: random.nextInt(0, 8) }, (_, i) => [
      `f${i}ü`.slice(0, 1 + (i % 3)),
      randomValue(random),
    ]),
  );
}

describe("BSON", () => {
  it("is what the driver's own library writes and reads, for every type", () => {
    for (let seed = 0; seed < 2000; seed++) {
      const document = randomDocument(seed);
      const bytes = encodeBson(document);
      const theirs = BSON.deserialize(bytes, KEPT);
      // They wrote what they read; what we read of that is what we had.
      const again = BSON.serialize(theirs);
      expect(Buffer.from(again).equals(bytes), `seed ${seed}`).toBe(true);
      expect(encodeDocument(decodeBson(again))).toEqual(encodeDocument(document));
    }
  });

  it("has each type as Extended JSON names it", () => {
    const json = {
      double: { $numberDouble: "5.0" },
      zero: { $numberDouble: "-0.0" },
      nan: { $numberDouble: "NaN" },
      text: "grün",
      object: { a: [null, true, false] },
      bytes: { $binary: { base64: "AQID", subType: "00" } },
      uuid: { $binary: { base64: "AAECAwQFBgcICQoLDA0ODw==", subType: "04" } },
      old: { $binary: { base64: "AQID", subType: "02" } },
      id: { $oid: "507f1f77bcf86cd799439011" },
      date: { $date: { $numberLong: "-62135596800000" } },
      regex: { $regularExpression: { pattern: "^a", options: "im" } },
      code: { $code: "f()" },
      scoped: { $code: "g()", $scope: { a: 1 } },
      int: 7,
      long: { $numberLong: "-9223372036854775808" },
      stamp: { $timestamp: { t: 4294967295, i: 1 } },
      decimal: { $numberDecimal: "-1.50E-6" },
      min: { $minKey: 1 },
      max: { $maxKey: 1 },
    };
    const bytes = encodeBson(documentFromJson(json));
    const theirs = BSON.EJSON.serialize(BSON.deserialize(bytes, KEPT), { relaxed: false });
    const parsed = BSON.EJSON.parse(JSON.stringify(json), { relaxed: false });
    expect(theirs).toEqual(BSON.EJSON.serialize(parsed, { relaxed: false }));
  });

  it("takes the types that are no longer written", () => {
    // { u: undefined, s: symbol "x", n: null }, put together by hand, as no library writes them.
    const fields = [0x06, 0x75, 0, 0x0e, 0x73, 0, 2, 0, 0, 0, 0x78, 0, 0x0a, 0x6e, 0];
    const bytes = Uint8Array.of(20, 0, 0, 0, ...fields, 0);
    expect(decodeBson(bytes)).toEqual({ u: null, s: "x", n: null });
  });

  it("refuses damaged bytes with our error, at a byte, or reads a document", () => {
    const random = seededRandom(7);
    let refused = 0;
    for (let seed = 0; seed < 3000; seed++) {
      const bytes = new Uint8Array(encodeBson(randomDocument(seed)));
      const cut = random.next() < 0.3 ? bytes.subarray(0, random.nextInt(0, bytes.length - 1)) : bytes;
      for (let i = random.nextInt(0, 3); i > 0 && cut.length > 0; i--)
        cut[random.nextInt(0, cut.length - 1)] = random.nextInt(0, 255);
      try {
        decodeBson(cut);
      } catch (error) {
        expect(isMillraceError(error, "DOCDB_BSON_INVALID"), String(error)).toBe(true);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });

  it("refuses more levels than a document may have", () => {
    let deep: Document = {};
    for (let i = 0; i < 200; i++) deep = { a: deep };
    expect(() => encodeBson(deep)).toThrow(expect.objectContaining({ code: "DOCDB_BSON_VALUE" }));
    const theirs = BSON.serialize(deep);
    expect(() => decodeBson(theirs)).toThrow(expect.objectContaining({ code: "DOCDB_BSON_INVALID" }));
  });
});
