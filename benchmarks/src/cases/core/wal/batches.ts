import { diskVfs } from "@millrace/files";
import { Wal } from "@millrace/wal";
import type { BenchmarkCase, BenchmarkCases } from "../../../case.ts";
import { benchDirectory, DURABLE_STORES } from "../../../wal-peers.ts";

/** So many records of 128 B as one batch, durable before the next; the peers take it as one transaction. */
function batchCase(count: number): BenchmarkCase {
  const records = Array.from({ length: count }, (_, i) => new Uint8Array(128).fill(i & 255));
  return {
    unit: "records",
    amount: count,
    ours: {
      name: "millrace",
      prepare: async () => {
        const wal = await Wal.open(diskVfs, benchDirectory());
        const lsn = await wal.appendMany(records);
        if (wal.stats.durableLsn < lsn) throw new Error("acknowledged, and not durable");
        return async () => {
          const last = await wal.appendMany(records);
          // What the records said is not needed again: the log stays as small as the peers' caches.
          if (last % (64 * count) === 0) await wal.truncateBefore(last);
        };
      },
    },
    peers: Object.entries(DURABLE_STORES).map(([name, open]) => ({
      name,
      prepare: async () => {
        const store = await open();
        return async () => {
          await store.appendAll(records);
        };
      },
    })),
    reach: { ratio: 1 },
  };
}

export const cases: BenchmarkCases = {
  "100": batchCase(100),
  "10k": batchCase(10_000),
};
