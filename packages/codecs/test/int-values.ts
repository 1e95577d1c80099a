import { seededRandom } from "@millrace/base";
import fc from "fast-check";
import type { IntEncoding, Words32 } from "../src/index.ts";

/** Values for which one encoding is by far the smallest. */
export function valuesFor(encoding: IntEncoding, count: number): Int32Array {
  const random = seededRandom(count);
  const values = new Int32Array(count);
  let value = random.nextInt(-1e6, 1e6);
  for (let i = 0; i < count; i++) {
    if (encoding === "runs") value = i % 50 === 0 ? random.nextU32() : value;
    else if (encoding === "delta") value += random.nextInt(1000, 1007);
    else if (encoding === "frame") value = 1e9 + random.nextInt(0, 500);
    else if (encoding === "raw") value = random.nextU32();
    values[i] = value;
  }
  return values;
}

/** Arrays of either kind and of many shapes: parts that are constant, rise, are noise of any width, or jump. */
export function shapedValues(maxLength: number): fc.Arbitrary<Words32> {
  const part = fc.record({
    count: fc.nat(Math.floor(maxLength / 3)),
    start: fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
    slope: fc.oneof(fc.constant(0), fc.integer({ min: -3000, max: 3000 }), fc.integer()),
    noiseBits: fc.oneof(fc.constant(0), fc.nat(32)),
    runLength: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })),
  });
  return fc
    .record({ isSigned: fc.boolean(), seed: fc.nat(), parts: fc.array(part, { maxLength: 3 }) })
    .map(({ isSigned, seed, parts }) => {
      const random = seededRandom(seed);
      const numbers = parts.flatMap(({ count, start, slope, noiseBits, runLength }) => {
        let noise = 0;
        return Array.from({ length: count }, (_, i) => {
          const run = Math.floor(i / runLength);
          if (i % runLength === 0) noise = noiseBits === 0 ? 0 : random.nextU32() >>> (32 - noiseBits);
          return start + Math.imul(slope, run) + noise;
        });
      });
      return isSigned ? Int32Array.from(numbers) : Uint32Array.from(numbers);
    });
}
