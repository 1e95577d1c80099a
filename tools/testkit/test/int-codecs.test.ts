import {
  decodeDeltaBitpack,
  decodeInts,
  deltaBitpackBound,
  deltaDecode,
  deltaEncode,
  encodeDeltaBitpack,
  encodedIntsBound,
  encodeInts,
  packBits,
  packedByteLength,
  readDeltaBitpackHeader,
  readIntsHeader,
  unpackBits,
  unpackDeltas,
} from "@millrace/codecs";
import { packDeltas4, unpackDeltas4, unpackDeltas4Simd, unpackDeltasSimd } from "@millrace/codecs/simd";
import { describeIntCodec } from "../src/index.ts";

// Here and not beside the codecs: the kit stands on packages that may come to stand on them.

/** The deltas of the values, packed at their full width: what the three unpackers of true deltas read. */
function packedDeltas(values: Uint32Array): Uint8Array {
  const deltas = new Uint32Array(values.length);
  deltaEncode(values, 0, values.length, deltas, 0);
  return packed(deltas);
}

function packed(values: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(packedByteLength(values.length, 32));
  packBits(values, 0, values.length, 32, bytes, 0);
  return bytes;
}

function packedDeltas4(values: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(packedByteLength(values.length, 32) + 512);
  return bytes.subarray(0, packDeltas4(values, 0, values.length, 32, bytes, 0));
}

function decoded(count: number, decode: (values: Uint32Array) => unknown): Uint32Array {
  const values = new Uint32Array(count);
  decode(values);
  return values;
}

describeIntCodec("bit packing", {
  isChecksummed: false,
  encode: packed,
  decode: (bytes, count) => decoded(count, (values) => unpackBits(bytes, 0, 32, values, 0, count)),
});

describeIntCodec("deltas, unpacked and added up in two passes", {
  isChecksummed: false,
  encode: packedDeltas,
  decode: (bytes, count) =>
    decoded(count, (values) => {
      unpackBits(bytes, 0, 32, values, 0, count);
      deltaDecode(values, 0, count, values, 0);
    }),
});

describeIntCodec("deltas, in one pass", {
  isChecksummed: false,
  encode: packedDeltas,
  decode: (bytes, count) => decoded(count, (values) => unpackDeltas(bytes, 0, 32, values, 0, count)),
});

describeIntCodec("deltas, by vectors", {
  isChecksummed: false,
  encode: packedDeltas,
  decode: (bytes, count) => decoded(count, (values) => unpackDeltasSimd(bytes, 0, 32, values, 0, count)),
});

describeIntCodec("deltas to the value 4 before", {
  isChecksummed: false,
  encode: packedDeltas4,
  decode: (bytes, count) => decoded(count, (values) => unpackDeltas4(bytes, 0, 32, values, 0, count)),
});

describeIntCodec("deltas to the value 4 before, by vectors", {
  isChecksummed: false,
  encode: packedDeltas4,
  decode: (bytes, count) => decoded(count, (values) => unpackDeltas4Simd(bytes, 0, 32, values, 0, count)),
});

describeIntCodec("delta bit-packed blocks", {
  isChecksummed: true,
  encode: (values) => {
    const bytes = new Uint8Array(deltaBitpackBound(values.length));
    return bytes.subarray(0, encodeDeltaBitpack(values, 0, values.length, bytes, 0));
  },
  decode: (bytes) => {
    const { count } = readDeltaBitpackHeader(bytes, 0, bytes.length);
    return decoded(count, (values) => decodeDeltaBitpack(bytes, 0, bytes.length, values, 0));
  },
});

describeIntCodec("integers in the encoding that is chosen for them", {
  isChecksummed: true,
  encode: (values) => {
    const bytes = new Uint8Array(encodedIntsBound(values.length));
    return bytes.subarray(0, encodeInts(values, 0, values.length, bytes, 0));
  },
  decode: (bytes) => {
    const { count } = readIntsHeader(bytes, 0, bytes.length);
    return decoded(count, (values) => decodeInts(bytes, 0, bytes.length, values, 0));
  },
});
