/** Appends to the log in argv[2] until it is killed; prints each lsn once it is acknowledged. Run by disk.test.ts. */
import { writeSync } from "node:fs";
import { diskVfs } from "@millrace/files";
import { Wal } from "@millrace/wal";

const wal = await Wal.open(diskVfs, process.argv[2]!, { segmentBytes: 4096 });
const encoder = new TextEncoder();

async function appendOne(): Promise<void> {
  const lsn = wal.stats.nextLsn;
  await wal.append(encoder.encode(`record ${lsn} `.repeat(lsn % 50)));
  writeSync(1, `${lsn}\n`);
}

// Several at a time, so that batches hold more than one record.
await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (;;) await appendOne();
  }),
);
