import * as zlib from "node:zlib";
import { crc32c, seededRandom } from "@millrace/base";
import type { BenchmarkCase } from "../../case.ts";

const BYTES = 1 << 20;
const input = (): Uint8Array => seededRandom(1).fill(new Uint8Array(BYTES));

/** CRC-32C of 1 MiB in TypeScript, beside the CRC-32 (another polynomial) that zlib computes natively. */
export const benchmark: BenchmarkCase = {
  unit: "B",
  amount: BYTES * 16,
  ours: {
    name: "millrace",
    prepare: async () => {
      const bytes = input();
      if (crc32c(new TextEncoder().encode("123456789")) !== 0xe3069283) throw new Error("wrong CRC-32C");
      return () => {
        for (let i = 0; i < 16; i++) crc32c(bytes, i);
      };
    },
  },
  peers: [
    {
      name: "zlib.crc32",
      prepare: async () => {
        const bytes = input();
        return () => {
          for (let i = 0; i < 16; i++) zlib.crc32(bytes, i);
        };
      },
    },
  ],
};
