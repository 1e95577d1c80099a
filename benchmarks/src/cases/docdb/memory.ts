import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { peakResidentBytes } from "@millrace/metrics";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../case.ts";
import { STORES } from "../../docdb/contenders.ts";
import { CACHE_BYTES, type OpenStore } from "../../docdb/document-store.ts";
import { PeerMissingError } from "../../peers.ts";
import { benchDirectory } from "../../wal-peers.ts";

const COUNT = 100_000;
/** What a process may take beside the cache. */
const BESIDE_BYTES = 60_000_000;
const FILL = fileURLToPath(new URL("../../docdb/fill-program.ts", import.meta.url));

/** Runs Node to its end; what it printed. */
function node(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { encoding: "utf8" });
}

/**
 * Bytes by which this process, which reads each document once, by its `_id` and in no order, outgrows a Node that
 * does nothing. Another process has made the database.
 */
async function growthBytes(name: string, open: OpenStore, count: number): Promise<number> {
  const directory = benchDirectory();
  const missing = node("--conditions=@millrace/source", FILL, name, directory, String(count));
  if (missing !== "") throw new PeerMissingError(name, missing);
  const bareBytes = Number(node("-p", `(${peakResidentBytes})()`));
  const store = await open(directory, "os");
  // NeDB does not load a document whose `_id` is 0.
  for (let i = 1; i < count; i++) {
    const id = (i * 7919) % count;
    const document = store.get(id);
    const found = document instanceof Promise ? await document : document;
    if ((found as { _id: number } | undefined)?._id !== id) throw new Error(`document ${id} is not there`);
  }
  const bytes = peakResidentBytes() - bareBytes;
  await store.close();
  return bytes;
}

/** At most the cache, and a little. */
function residentCase(count: number): BenchmarkCase {
  const [ours, ...peers] = STORES.map(([name, open]): Contender => {
    return { name, prepare: async () => work(), count: () => growthBytes(name, open, count) };
  });
  return {
    unit: "of the bytes allowed a byte",
    amount: CACHE_BYTES + BESIDE_BYTES,
    isCounted: true,
    ours: ours!,
    peers,
    reach: { perSecond: 1 },
    isHeavy: true,
    isFull: count > COUNT,
  };
}

/** Counted, not timed. */
const work = (): Work => () => {};

export const cases: BenchmarkCases = {
  resident: residentCase(COUNT),
  "resident-1-m": residentCase(1_000_000),
};
