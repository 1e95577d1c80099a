import { seededRandom, writeVarint, zigzagEncode32 } from "@millrace/base";
import { packBits, packedByteLength, unpackDeltas } from "@millrace/codecs";
import { packDeltas4, unpackDeltas4Simd, unpackDeltasSimd } from "@millrace/codecs/simd";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../../case.ts";
import { checkEqual } from "../../../checked-work.ts";
import { importPeer } from "../../../peers.ts";

const VALUES = 1 << 16;
const WIDTHS = Array.from({ length: 32 }, (_, i) => i + 1);

interface HyparquetDelta {
  deltaBinaryUnpack(reader: { view: DataView; offset: number }, count: number, output: Int32Array): void;
}

/** Deltas that need exactly `width` bits, the first of them 0. */
function deltas(width: number): Uint32Array {
  const random = seededRandom(width);
  return Uint32Array.from({ length: VALUES }, (_, i) => (i === 0 ? 0 : random.nextU32() >>> (32 - width)));
}

function sums(width: number): Int32Array {
  let sum = 0;
  return Int32Array.from(deltas(width), (delta) => {
    sum = (sum + delta) | 0;
    return sum;
  });
}

/** The same deltas as one DELTA_BINARY_PACKED page: blocks of 128 in 4 miniblocks, smallest delta 0. */
function deltaBinaryPacked(width: number): Uint8Array {
  const source = deltas(width);
  const bytes = new Uint8Array(64 + packedByteLength(VALUES, 32) + VALUES / 8);
  let at = 0;
  for (const value of [128, 4, VALUES, zigzagEncode32(0)]) at = writeVarint(bytes, at, value);
  const block = new Uint32Array(128);
  for (let start = 1; start < VALUES; start += 128) {
    block.fill(0);
    block.set(source.subarray(start, Math.min(start + 128, VALUES)));
    at = writeVarint(bytes, at, zigzagEncode32(0));
    bytes.fill(width, at, at + 4);
    at = packBits(block, 0, 128, width, bytes, at + 4);
  }
  return bytes.subarray(0, at);
}

/** One work a width: `pack` gives the bytes of the width's deltas, `unpack` adds them up into `values`. */
function unpacker(
  name: string,
  pack: (width: number) => Uint8Array,
  unpack: (packed: Uint8Array, width: number, values: Int32Array) => void,
): Contender {
  return {
    name,
    prepare: async () =>
      WIDTHS.map((width): Work => {
        const packed = pack(width);
        const values = new Int32Array(VALUES);
        const work = (): void => unpack(packed, width, values);
        work();
        checkEqual(values, sums(width));
        return work;
      }),
  };
}

function packDeltas(width: number): Uint8Array {
  const packed = new Uint8Array(packedByteLength(VALUES, width));
  packBits(deltas(width), 0, VALUES, width, packed, 0);
  return packed;
}

const ourTypeScript: Contender = unpacker("millrace unpackDeltas", packDeltas, (packed, width, values) => {
  unpackDeltas(packed, 0, width, values, 0, VALUES);
});

/** Unpacks 64 Ki deltas of each width from 1 to 32 and adds them up; geometric mean over the widths. */
const deltaUnpack: BenchmarkCase = {
  unit: "values",
  amount: VALUES,
  ours: { ...ourTypeScript, name: "millrace" },
  peers: [
    {
      name: "hyparquet",
      prepare: async () => {
        const { deltaBinaryUnpack } = await importPeer<HyparquetDelta>("hyparquet/src/delta.js");
        return WIDTHS.map((width): Work => {
          const bytes = deltaBinaryPacked(width);
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
          const values = new Int32Array(VALUES);
          const work = (): void => deltaBinaryUnpack({ view, offset: 0 }, VALUES, values);
          work();
          checkEqual(values, sums(width));
          return work;
        });
      },
    },
  ],
  reach: { ratio: 6 },
};

/** The same bytes through the wasm vectors, copies into and out of their memory included. */
const simdDelta: BenchmarkCase = {
  unit: "values",
  amount: VALUES,
  ours: unpacker("millrace simd", packDeltas, (packed, width, values) => {
    unpackDeltasSimd(packed, 0, width, values, 0, VALUES);
  }),
  peers: [ourTypeScript],
  reach: { ratio: 1.5 },
};

/** Deltas of the same widths to the value 4 before; the peer unpacks deltas to the value before. */
const simdDelta4: BenchmarkCase = {
  unit: "values",
  amount: VALUES,
  ours: {
    name: "millrace simd",
    prepare: async () =>
      WIDTHS.map((width): Work => {
        const expected = Int32Array.from(deltas(width));
        for (let i = 4; i < VALUES; i++) expected[i]! += expected[i - 4]!;
        const packed = new Uint8Array(packedByteLength(VALUES, width));
        packDeltas4(expected, 0, VALUES, width, packed, 0);
        const values = new Int32Array(VALUES);
        const work = (): void => {
          unpackDeltas4Simd(packed, 0, width, values, 0, VALUES);
        };
        work();
        checkEqual(values, expected);
        return work;
      }),
  },
  peers: [ourTypeScript],
  reach: { ratio: 2.5 },
};

export const cases: BenchmarkCases = {
  unpack: deltaUnpack,
  "simd-to-the-value-4-before": simdDelta4,
  simd: simdDelta,
};
