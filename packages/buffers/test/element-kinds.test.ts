import { describe, expect, test } from "vitest";
import {
  bytesPerElement,
  ELEMENT_KINDS,
  type ElementKind,
  kindOf,
  newTypedArray,
  type TypedArray,
  viewAs,
  wordsOf,
} from "../src/index.ts";

describe("element kinds", () => {
  test("every kind makes an array that is recognised as that kind, with its element size", () => {
    const sizes = ELEMENT_KINDS.map((kind) => {
      const array = newTypedArray(kind, 3);
      expect(kindOf(array)).toBe(kind);
      expect(array.length).toBe(3);
      expect(array.BYTES_PER_ELEMENT).toBe(bytesPerElement(kind));
      return bytesPerElement(kind);
    });
    expect(sizes).toEqual([1, 1, 2, 2, 4, 4, 4, 8, 8, 8]);
  });

  test("a Node Buffer counts as uint8, clamped arrays and other objects are refused", () => {
    expect(kindOf(Buffer.alloc(2))).toBe("uint8");
    for (const wrong of [new Uint8ClampedArray(1), new DataView(new ArrayBuffer(8)), [1]]) {
      expect(() => kindOf(wrong as unknown as TypedArray)).toThrow(/BUFFERS_KIND|typed array of/);
    }
  });

  test("names that are no kinds are refused, those that every object has among them", () => {
    for (const wrong of ["float16", "toString", "__proto__", ""]) {
      expect(() => newTypedArray(wrong as ElementKind, 1)).toThrow("expected one of uint8");
    }
  });

  test("a view shares memory with its buffer", () => {
    const buffer = new ArrayBuffer(16);
    viewAs("uint16", buffer, 2, 3)[0] = 0x1234;
    expect([...new Uint8Array(buffer, 2, 2)]).toEqual([0x34, 0x12]);
    expect(viewAs("uint8", buffer, 16, 0).length).toBe(0);
  });

  test.each([
    ["uint32", 2, 1, "multiple of 4"],
    ["uint32", 4, 4, "inside the buffer's 16 bytes"],
    ["uint8", -1, 1, "inside the buffer's 16 bytes"],
    ["uint8", 0, 1.5, "inside the buffer's 16 bytes"],
    ["uint8", 0, 17, "inside the buffer's 16 bytes"],
  ] as const)("a view of %s from byte %d with %d elements is refused", (kind, offset, length, message) => {
    expect(() => viewAs(kind, new ArrayBuffer(16), offset, length)).toThrow(message);
  });

  test("words of a 64-bit array are its low and high halves, from its own offset", () => {
    const array = new BigInt64Array(3).subarray(1);
    array[0] = -2n;
    array[1] = 0x1_0000_0005n;
    expect([...wordsOf(array)]).toEqual([0xfffffffe, 0xffffffff, 5, 1]);
  });
});
