import { constants, deflateSync } from "node:zlib";
import { seededRandom } from "@millrace/base";
import { shuffleBytes } from "@millrace/codecs";
import { compressBytesSync, decompressBytesSync } from "@millrace/compress";
import type { BenchmarkCase, BenchmarkCases, Contender } from "../../case.ts";

const BYTES = 1 << 18;

/** A chunk as HDF5 files hold them: numbers whose bytes are grouped by significance. */
function shuffled(values: Float32Array | Uint16Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer);
  const grouped = new Uint8Array(bytes.length);
  shuffleBytes(bytes, 0, bytes.length, values.BYTES_PER_ELEMENT, grouped, 0);
  return grouped;
}

/** Potentials with noise, and neurons that fired in rows of five. */
const CHUNKS = {
  potentials: () => {
    const random = seededRandom(3);
    return shuffled(Float32Array.from({ length: BYTES / 4 }, () => -65 + 5 * random.nextNormal()));
  },
  neurons: () => {
    const random = seededRandom(4);
    return shuffled(Uint16Array.from({ length: BYTES / 2 }, (_, i) => 20 * (i % 5) + random.nextInt(0, 19)));
  },
};

function contender(name: string, chunk: Uint8Array, deflate: (bytes: Uint8Array) => Uint8Array): Contender {
  return {
    name,
    prepare: async () => {
      if (Buffer.compare(decompressBytesSync(deflate(chunk), "deflate", BYTES), chunk) !== 0)
        throw new Error(`${name} does not bring the bytes back`);
      return () => void deflate(chunk);
    },
  };
}

/** The zlib format by runs and Huffman codes, beside zlib's own strategy for that. */
function runs(chunk: Uint8Array): BenchmarkCase {
  const options = { level: 1, strategy: constants.Z_RLE, memLevel: 9, chunkSize: BYTES + 1024 };
  return {
    unit: "bytes",
    amount: BYTES,
    ours: contender("millrace", chunk, (bytes) => compressBytesSync(bytes, "deflate", 1, "rle")),
    peers: [contender("node:zlib", chunk, (bytes) => deflateSync(bytes, options))],
  };
}

export const cases: BenchmarkCases = {
  "deflate-runs-potentials": runs(CHUNKS.potentials()),
  "deflate-runs-neurons": runs(CHUNKS.neurons()),
};
