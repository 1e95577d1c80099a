import { seededRandom } from "@millrace/base";
import { expect, it } from "vitest";
import { decodeDocument } from "../src/document/decode.ts";
import { fieldsDecoder } from "../src/document/decode-fields.ts";
import { encodeDocument, encodeStored } from "../src/document/encode.ts";
import type { Document } from "../src/document/value.ts";
import { randomValue } from "./helpers.ts";

const NAMES = ['a name with "quotes"', "constructor", "a\nb", "ünïcode", "plain", "last of all"];

it("documents of one list are decoded to what they were, whatever types their fields have by then", () => {
  const random = seededRandom(5);
  const document = (): Document => Object.fromEntries(NAMES.map((name) => [name, randomValue(random)]));
  for (let i = 0; i < 3000; i++) {
    const given = document();
    const found = decodeDocument(encodeStored(given).bytes);
    expect(Object.keys(found)).toEqual(NAMES);
    expect(Buffer.compare(encodeDocument(found), encodeDocument(given))).toBe(0);
  }
});

it("damaged bytes of such documents are an error or another document, and never anything else", () => {
  const random = seededRandom(6);
  let refused = 0;
  for (let i = 0; i < 4000; i++) {
    const given: Document = {
      plain: i,
      ünïcode: "some text",
      last: [1, { plain: i, "a name that is long": "x" }],
    };
    const bytes = encodeStored(given).bytes.slice();
    bytes[random.nextInt(0, bytes.length - 1)]! ^= 1 << random.nextInt(0, 7);
    const cut = random.next() < 0.2 ? bytes.subarray(0, random.nextInt(0, bytes.length)) : bytes;
    try {
      expect(typeof decodeDocument(cut)).toBe("object");
    } catch (error) {
      expect(error).toMatchObject({ code: "DOCDB_DOCUMENT_CORRUPT" });
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(400);
});

it("some fields of documents are decoded as all of them are, whatever comes", () => {
  const random = seededRandom(7);
  const wanted = ["last of all", "plain", "not there", "constructor"];
  const decode = fieldsDecoder(wanted);
  for (let i = 0; i < 2000; i++) {
    const names = i % 500 < 450 ? NAMES : NAMES.slice(0, random.nextInt(0, NAMES.length));
    const given: Document = Object.fromEntries(names.map((name) => [name, randomValue(random)]));
    const bytes = i % 7 === 0 ? encodeDocument(given) : encodeStored(given).bytes;
    const expected: Document = Object.fromEntries(
      wanted.filter((name) => Object.hasOwn(given, name)).map((name) => [name, given[name]!]),
    );
    const found = decode(bytes, 0, bytes.length);
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    expect(Buffer.compare(encodeDocument(found), encodeDocument(expected))).toBe(0);
  }
});
