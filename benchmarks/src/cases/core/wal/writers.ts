import { fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { diskVfs } from "@millrace/files";
import { Wal } from "@millrace/wal";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../../case.ts";
import { benchDirectory, DURABLE_STORES } from "../../../wal-peers.ts";

const RECORD = new Uint8Array(128).fill(7);

/** One sync for each record: the rate that the machine's disk gives without any sharing. */
function syncEach(writers: number): Contender {
  return {
    name: "one fdatasync a record",
    prepare: async () => {
      const file = openSync(join(benchDirectory(), "log"), "w");
      return () => {
        for (let i = 0; i < writers; i++) {
          writeSync(file, RECORD);
          fdatasyncSync(file);
        }
      };
    },
  };
}

/** So many writers, each waiting until its record is durable. */
function writersCase(writers: number, reach: BenchmarkCase["reach"] = { ratio: 1 }): BenchmarkCase {
  const each = (append: (record: Uint8Array) => unknown): Work => {
    const records = Array.from({ length: writers }, () => RECORD);
    return async () => {
      await Promise.all(records.map(append));
    };
  };
  const ours: Contender = {
    name: "millrace",
    prepare: async () => {
      const wal = await Wal.open(diskVfs, benchDirectory());
      const lsn = await wal.append(RECORD);
      if (wal.stats.durableLsn < lsn) throw new Error("acknowledged, and not durable");
      return each((record) => wal.append(record));
    },
  };
  const stores = Object.entries(DURABLE_STORES).map(
    ([name, open]): Contender => ({
      name,
      prepare: async () => {
        const store = await open();
        return each((record) => store.append(record));
      },
    }),
  );
  return { unit: "records", amount: writers, ours, peers: [syncEach(writers), ...stores], reach };
}

export const cases: BenchmarkCases = {
  "1-writer": writersCase(1),
  "8-writers": writersCase(8),
  "64-writers": writersCase(64, { ratio: 12, peers: ["one fdatasync a record"] }),
  "512-writers": writersCase(512),
};
