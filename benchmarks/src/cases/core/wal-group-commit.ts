import { fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskVfs } from "@millrace/files";
import { Wal } from "@millrace/wal";
import type { BenchmarkCase } from "../../case.ts";

const WRITERS = 64;
const RECORD_BYTES = 128;

/** A directory that goes when the process ends. */
function benchDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** 64 writers that each wait until their record is durable, beside one fdatasync a record. */
export const benchmark: BenchmarkCase = {
  unit: "records",
  amount: WRITERS,
  ours: {
    name: "millrace",
    prepare: async () => {
      const wal = await Wal.open(diskVfs, benchDirectory());
      const record = new Uint8Array(RECORD_BYTES).fill(7);
      return async () => {
        const lsns = await Promise.all(Array.from({ length: WRITERS }, () => wal.append(record)));
        if (lsns.length !== WRITERS || wal.stats.durableLsn < lsns.at(-1)!) throw new Error("not durable");
      };
    },
  },
  peers: [
    {
      name: "one fdatasync a record",
      prepare: async () => {
        const file = openSync(join(benchDirectory(), "log"), "w");
        const record = new Uint8Array(RECORD_BYTES).fill(7);
        return () => {
          for (let i = 0; i < WRITERS; i++) {
            writeSync(file, record);
            fdatasyncSync(file);
          }
        };
      },
    },
  ],
};
