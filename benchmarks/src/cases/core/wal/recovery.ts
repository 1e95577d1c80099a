import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32c, seededRandom } from "@millrace/base";
import { diskVfs, fileSource, readChunks } from "@millrace/files";
import { Wal } from "@millrace/wal";
import type { BenchmarkCase, BenchmarkCases } from "../../../case.ts";

const RECORD_BYTES = 1024;
const MIB = 1 << 20;

/** A closed log of so many bytes, in a directory that goes when the process ends. */
async function makeLog(totalBytes: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const random = seededRandom(5);
  const records = Array.from({ length: 256 }, () => random.fill(new Uint8Array(RECORD_BYTES)));
  await using wal = await Wal.open(diskVfs, directory, { durability: "none" });
  for (let bytes = 0; bytes < totalBytes; bytes += RECORD_BYTES * records.length)
    await wal.appendMany(records);
  return directory;
}

/** Opening a log, which reads, checks and repairs all of it, beside reading its files and checksumming them. */
function recoveryCase(totalBytes: number, isFull: boolean): BenchmarkCase {
  return {
    unit: "bytes",
    amount: totalBytes,
    ours: {
      name: "millrace",
      prepare: async () => {
        const directory = await makeLog(totalBytes);
        return async () => {
          await using wal = await Wal.open(diskVfs, directory);
          const records = wal.stats.nextLsn - wal.stats.firstLsn;
          if (records !== totalBytes / RECORD_BYTES) throw new Error(`${records} records recovered`);
        };
      },
    },
    peers: [
      {
        name: "reading and checksumming the files",
        prepare: async () => {
          const directory = await makeLog(totalBytes);
          return async () => {
            for (const name of readdirSync(directory)) {
              const source = await fileSource(diskVfs, join(directory, name));
              let crc = 0;
              for await (const bytes of readChunks(source, { chunkBytes: MIB })) crc = crc32c(bytes, crc);
              await source.close();
            }
          };
        },
      },
    ],
    reach: { ratio: 0.5 },
    isFull,
  };
}

export const cases: BenchmarkCases = {
  "128M": recoveryCase(128 * MIB, false),
  "1024M": recoveryCase(1024 * MIB, true),
};
