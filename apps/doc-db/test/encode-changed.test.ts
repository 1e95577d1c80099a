import { readU32, seededRandom } from "@millrace/base";
import { expect, it } from "vitest";
import { decodeDocument } from "../src/document/decode.ts";
import { encodeChanged, encodeDocument, encodeStored } from "../src/document/encode.ts";
import { LISTED_FLAG } from "../src/document/format.ts";
import type { Document, Value } from "../src/document/value.ts";
import { randomValue } from "./helpers.ts";

const NAMES = ["_id", "first field", "second field", "third field", "fourth field", "fifth field"];

it("a changed document that is put together of copied and encoded fields is what it was changed to", () => {
  const random = seededRandom(11);
  const value = (): Value =>
    random.next() < 0.1 ? "y".repeat(random.nextInt(0, 40_000)) : randomValue(random);
  let listed = 0;
  let shorter = 0;
  for (let round = 0; round < 2000; round++) {
    const names = NAMES.slice(0, random.nextInt(2, NAMES.length));
    const before: Document = Object.fromEntries(names.map((name) => [name, value()]));
    const bytes = encodeStored(before).bytes;
    if ((readU32(bytes, 0) & LISTED_FLAG) !== 0) listed++;
    // Some fields others, one more or one less now and then; 0 and -0 are two values.
    const fields = Object.entries(before).map(([name, old]): [string, Value] => {
      if (random.next() < 0.6) return [name, old];
      return [name, old === 0 ? -0 : value()];
    });
    if (random.next() < 0.1) fields.pop();
    if (random.next() < 0.1) fields.push(["another field", value()]);
    const after: Document = Object.fromEntries(fields);
    const { bytes: changed } = encodeChanged(before, bytes, after);
    // Inner objects may get a list of names meanwhile: with all their names, the two are the same to the byte.
    expect(Buffer.compare(encodeDocument(decodeDocument(changed)), encodeDocument(after))).toBe(0);
    if (changed.length <= bytes.length) shorter++;
  }
  expect(shorter).toBeGreaterThan(500);
  expect(listed).toBeGreaterThan(1000);
});
