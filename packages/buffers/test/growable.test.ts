import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ELEMENT_KINDS,
  GrowableInt64,
  type GrowableOptions,
  GrowableUint8,
  GrowableUint32,
  GrowableUint64,
  newGrowable,
  newTypedArray,
} from "../src/index.ts";
import { filled, sourceOf, toNumbers } from "./arrays.ts";

describe.each(ELEMENT_KINDS)("growable %s", (kind) => {
  test.each([0, 1, 2, 1023, 1024, 1025, 5000])("gives back %d pushed elements in order", (count) => {
    const buffer = newGrowable(kind);
    for (let i = 0; i < count; i++) buffer.push(i % 120);
    expect(buffer.length).toBe(count);
    expect(buffer.capacity).toBeGreaterThanOrEqual(count);
    expect(toNumbers(buffer.view())).toEqual(filled(count));
  });

  test("takes exactly what was pushed, and starts afresh", () => {
    const buffer = newGrowable(kind, { initialCapacity: 4 });
    for (let i = 0; i < 3; i++) buffer.push(i);
    const first = buffer.take();
    expect(first.byteLength).toBe(first.buffer.byteLength);
    buffer.push(9);
    expect(toNumbers(first)).toEqual([0, 1, 2]);
    expect(toNumbers(buffer.take())).toEqual([9]);
    expect(buffer.length).toBe(0);
  });

  test("hands a full buffer over without a copy, and does not touch it afterwards", () => {
    const buffer = newGrowable(kind, { initialCapacity: 3 });
    for (let i = 0; i < 3; i++) buffer.push(i);
    const view = buffer.view();
    const taken = buffer.take();
    expect(taken.buffer).toBe(view.buffer);
    expect(buffer.capacity).toBe(0);
    for (let i = 0; i < 4; i++) buffer.push(7);
    expect(toNumbers(taken)).toEqual([0, 1, 2]);
    expect(toNumbers(buffer.view())).toEqual([7, 7, 7, 7]);
  });

  test("appends a view of itself, with and without growth", () => {
    const buffer = newGrowable(kind, { initialCapacity: 6 });
    buffer.pushMany(sourceOf(kind, [1, 2, 3]));
    buffer.pushMany(buffer.view() as never);
    buffer.pushMany(buffer.view() as never, 2, 5);
    expect(toNumbers(buffer.view())).toEqual([1, 2, 3, 1, 2, 3, 3, 1, 2]);
  });

  test("appends an old view of itself whose place is being overwritten", () => {
    const buffer = newGrowable(kind, { initialCapacity: 8 });
    buffer.pushMany(sourceOf(kind, [1, 2, 3, 4]));
    const stale = buffer.view();
    buffer.clear();
    buffer.push(9);
    buffer.pushMany(stale.subarray(0, 3) as never);
    expect(toNumbers(buffer.view())).toEqual([9, 9, 2, 3]);
  });

  test("memory is a plain ArrayBuffer", () => {
    const { buffer } = newGrowable(kind).view();
    expect(buffer).toBeInstanceOf(ArrayBuffer);
    expect(buffer.resizable).toBe(false);
  });

  test("beyond maxCapacity is an error that changes nothing", () => {
    const buffer = newGrowable(kind, { initialCapacity: 1, maxCapacity: 3 });
    buffer.pushMany(sourceOf(kind, [1, 2, 3]));
    for (const attempt of [
      () => buffer.push(4),
      () => buffer.pushMany(sourceOf(kind, [4])),
      () => buffer.reserve(1),
    ]) {
      expect(attempt).toThrow(expect.objectContaining({ code: "BUFFERS_CAPACITY_EXCEEDED" }));
      expect(toNumbers(buffer.view())).toEqual([1, 2, 3]);
    }
    expect(buffer.capacity).toBe(3);
  });

  test("an allocation that the engine refuses is a CapacityError that changes nothing", () => {
    const buffer = newGrowable(kind, { initialCapacity: 2 });
    buffer.push(5);
    expect(() => buffer.reserve(2 ** 52)).toThrow(
      expect.objectContaining({ name: "CapacityError", code: "BUFFERS_ALLOCATION_FAILED" }),
    );
    buffer.push(6);
    expect(toNumbers(buffer.view())).toEqual([5, 6]);
  });

  test("behaves as a plain array under any sequence of operations", () => {
    const operation = fc.oneof(
      fc.record({ op: fc.constant("push" as const), value: fc.nat(120) }),
      fc.record({ op: fc.constant("pushMany" as const), values: fc.array(fc.nat(120), { maxLength: 120 }) }),
      fc.record({ op: fc.constant("self" as const) }),
      fc.record({ op: fc.constant("reserve" as const), count: fc.nat(50) }),
      fc.record({ op: fc.constantFrom("take" as const, "clear" as const) }),
    );
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 25 }),
        fc.nat(8),
        fc.constantFrom(1.5 as const, 2 as const),
        (operations, initialCapacity, growthFactor) => {
          const buffer = newGrowable(kind, { initialCapacity, growthFactor });
          let model: number[] = [];
          for (const step of operations) {
            if (step.op === "push") {
              buffer.push(step.value);
              model.push(step.value);
            } else if (step.op === "pushMany") {
              buffer.pushMany(sourceOf(kind, step.values));
              model.push(...step.values);
            } else if (step.op === "self" && model.length < 500) {
              buffer.pushMany(buffer.view() as never);
              model.push(...model);
            } else if (step.op === "reserve") {
              const capacity = buffer.length + step.count;
              buffer.reserve(step.count);
              expect(buffer.capacity).toBeGreaterThanOrEqual(capacity);
            } else if (step.op === "take") {
              expect(toNumbers(buffer.take())).toEqual(model);
              model = [];
            } else if (step.op === "clear") {
              buffer.clear();
              model = [];
            }
            expect(toNumbers(buffer.view())).toEqual(model);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("growable buffers", () => {
  test("grow by the factor that was asked for", () => {
    const capacities = ([2, 1.5] as const).map((growthFactor) => {
      const buffer = new GrowableUint8({ initialCapacity: 8, growthFactor });
      buffer.pushMany(new Uint8Array(9));
      return buffer.capacity;
    });
    expect(capacities).toEqual([16, 12]);
  });

  test("a reserve for much more than the factor gives room for just that", () => {
    const buffer = new GrowableUint8({ initialCapacity: 8 });
    buffer.reserve(1000);
    expect(buffer.capacity).toBe(1000);
  });

  test("start no larger than maxCapacity", () => {
    expect(new GrowableUint32({ maxCapacity: 10 }).capacity).toBe(10);
  });

  test.each([
    [{ initialCapacity: -1 }, "BUFFERS_OPTION_RANGE"],
    [{ initialCapacity: 1.5 }, "BUFFERS_OPTION_RANGE"],
    [{ growthFactor: 3 as 2 }, "BUFFERS_OPTION_VALUE"],
    [{ maxCapacity: Number.NaN }, "BUFFERS_OPTION_RANGE"],
    [{ capacity: 3 } as GrowableOptions, "BUFFERS_OPTION_UNKNOWN"],
  ])("refuses the options %o", (options, code) => {
    expect(() => new GrowableUint8(options)).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    [-1, 1],
    [0, 4],
    [2, 1],
    [0.5, 2],
    [Number.NaN, 2],
  ])("refuses the range [%d, %d) of three elements", (start, end) => {
    const buffer = new GrowableUint8();
    const source = new Uint8Array(3);
    buffer.pushMany(source);
    expect(() => buffer.view(start, end)).toThrow(expect.objectContaining({ code: "BUFFERS_RANGE_INVALID" }));
    expect(() => buffer.pushMany(source, start, end)).toThrow("a range inside [0, 3)");
    expect(buffer.length).toBe(3);
  });

  test("an unknown kind is refused", () => {
    expect(() => newGrowable("text" as "uint8")).toThrow("expected one of uint8");
    expect(() => newTypedArray("text" as "uint8", 1)).toThrow("expected one of uint8");
  });

  test("signed 64-bit pushes are exact over the whole range of safe integers", () => {
    const edge = [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32), 2 ** 32 - 1, -(2 ** 32) - 1];
    const values = [...edge, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER];
    const buffer = new GrowableInt64({ initialCapacity: 0 });
    for (const value of values) buffer.push(value);
    expect([...buffer.take()]).toEqual(values.map(BigInt));
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        buffer.clear();
        buffer.push(value);
        expect(buffer.view()[0]).toBe(BigInt(value));
      }),
    );
  });

  test("any 64-bit element can be pushed as two words", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const buffer = new GrowableUint64({ initialCapacity: 0 });
        buffer.pushWords(Number(value & 0xffffffffn), Number(value >> 32n));
        expect([...buffer.take()]).toEqual([value]);
      }),
    );
  });
});
