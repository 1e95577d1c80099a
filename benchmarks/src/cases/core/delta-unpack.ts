import { seededRandom } from "@millrace/base";
import { packBits, packedByteLength, unpackDeltas } from "@millrace/codecs";
import type { BenchmarkCase } from "../../case.ts";

const VALUES = 1 << 20;
const WIDTH = 7;

function deltas(): Uint32Array {
  const random = seededRandom(2);
  return Uint32Array.from({ length: VALUES }, () => random.nextInt(0, 2 ** WIDTH - 1));
}

/** Unpacks a million deltas of 7 bits and adds them up, beside a loop that takes bit after bit. */
export const benchmark: BenchmarkCase = {
  unit: "values",
  amount: VALUES,
  ours: {
    name: "millrace",
    prepare: async () => {
      const packed = pack();
      const values = new Uint32Array(VALUES);
      const work = (): void => {
        unpackDeltas(packed, 0, WIDTH, values, 0, VALUES);
      };
      work();
      check(values);
      return work;
    },
  },
  peers: [
    {
      name: "generic width loop",
      prepare: async () => {
        const packed = pack();
        const values = new Uint32Array(VALUES);
        const work = (): void => unpackGeneric(packed, WIDTH, values);
        work();
        check(values);
        return work;
      },
    },
  ],
};

function pack(): Uint8Array {
  const packed = new Uint8Array(packedByteLength(VALUES, WIDTH));
  packBits(deltas(), 0, VALUES, WIDTH, packed, 0);
  return packed;
}

function check(values: Uint32Array): void {
  const expected = deltas().reduce((sum, delta) => (sum + delta) >>> 0, 0);
  if (values[VALUES - 1] !== expected)
    throw new Error(`wrong sum ${values[VALUES - 1]}, expected ${expected}`);
}

/** What one writes without thinking of widths: an accumulator of bits, shifted as it goes. */
function unpackGeneric(packed: Uint8Array, width: number, values: Uint32Array): void {
  const mask = 2 ** width - 1;
  let accumulator = 0;
  let bits = 0;
  let at = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    while (bits < width) {
      accumulator |= packed[at++]! << bits;
      bits += 8;
    }
    sum = (sum + (accumulator & mask)) | 0;
    values[i] = sum;
    accumulator >>>= width;
    bits -= width;
  }
}
