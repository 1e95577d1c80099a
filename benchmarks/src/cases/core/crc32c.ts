import * as zlib from "node:zlib";
import { crc32c, seededRandom } from "@millrace/base";
import type { BenchmarkCase, BenchmarkCases, Contender } from "../../case.ts";
import { importPeer } from "../../peers.ts";

const MIB = 1 << 20;

/**
 * CRC-32C of blocks of one size over 4 MiB that do not repeat, beside native CRCs; zlib's is another polynomial.
 *
 * The blocks are ranges of one buffer, as records in a log are; the peers need an array for each, which is made in
 * the timed work, or with `arraysReady` for everybody before it.
 */
function crcCase(
  blockBytes: number,
  { ratio, arraysReady = false }: { ratio?: number; arraysReady?: boolean } = {},
): BenchmarkCase {
  const bytes = seededRandom(1).fill(new Uint8Array(4 * MIB));
  // The checksums are kept, so that no engine may leave the work out.
  const checksums = new Uint32Array(bytes.length / blockBytes);
  const blockOf = (block: number): Uint8Array => bytes.subarray(block * blockBytes, (block + 1) * blockBytes);
  const ready = arraysReady ? Array.from(checksums, (_, block) => blockOf(block)) : undefined;
  const over = (checksum: (bytes: Uint8Array) => number) =>
    ready === undefined
      ? () => {
          for (let i = 0; i < checksums.length; i++) checksums[i] = checksum(blockOf(i));
        }
      : () => {
          for (let i = 0; i < checksums.length; i++) checksums[i] = checksum(ready[i]!);
        };
  const ranges = (): void => {
    for (let i = 0; i < checksums.length; i++) {
      checksums[i] = crc32c(bytes, 0, i * blockBytes, (i + 1) * blockBytes);
    }
  };
  const zlibPeer: Contender = { name: "zlib.crc32", prepare: async () => over((block) => zlib.crc32(block)) };
  const napiPeer: Contender = {
    name: "@node-rs/crc32 crc32c",
    prepare: async () => {
      const peer = await importPeer<{ crc32c(bytes: Uint8Array): number }>("@node-rs/crc32");
      if (peer.crc32c(bytes) !== crc32c(bytes)) throw new Error("the two CRC-32C differ");
      return over(peer.crc32c);
    },
  };
  return {
    unit: "bytes",
    amount: bytes.length,
    ours: {
      name: "millrace",
      prepare: async () => {
        if (crc32c(new TextEncoder().encode("123456789")) !== 0xe3069283) throw new Error("wrong CRC-32C");
        return arraysReady ? over((block) => crc32c(block)) : ranges;
      },
    },
    peers: [zlibPeer, napiPeer],
    ...(ratio === undefined ? {} : { reach: { ratio, peers: ["zlib.crc32"] } }),
  };
}

export const cases: BenchmarkCases = {
  "128B": crcCase(128, { ratio: 1.5 }),
  "128B-arrays-ready": crcCase(128, { arraysReady: true }),
  "4KiB": crcCase(4096),
  "64KiB": crcCase(65536),
};
