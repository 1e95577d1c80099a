import { createHash } from "node:crypto";
import { createReadStream, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { formatByteSize } from "@millrace/base";
import { initStore, openStore } from "@millrace/erasure-store";
import { diskVfs } from "@millrace/files";
import { type Job, timed } from "../job.ts";

const SHARDS = 6;

/** Cuts the running Node binary into 4 + 2 shards, destroys two of them, and gets it back. */
export const job: Job = async ({ directory }) => {
  const input = process.execPath;
  const { size } = statSync(input);
  const backendPath = (i: number): string => join(directory, `disk-${i}`);
  const backends = Object.fromEntries(
    Array.from({ length: SHARDS }, (_, i) => [`disk-${i}`, `dir:${backendPath(i)}`]),
  );
  const configPath = join(directory, "store.yaml");
  await initStore(diskVfs, configPath, { backends });
  const store = await openStore(configPath);
  const put = await timed(() => store.put("node", input));

  rmSync(backendPath(1), { recursive: true });
  rmSync(backendPath(4), { recursive: true });
  const outputPath = join(directory, "node");
  const verified = await store.verify();
  const got = await timed(() => store.getFile("node", outputPath));
  const [before, after] = [await sha256(input), await sha256(outputPath)];
  rmSync(outputPath);
  return {
    job: "store",
    input: `the running program, ${basename(input)}`,
    sizeBytes: size,
    result: `4+2 shards, 2 destroyed; back after ${got.seconds.toFixed(1)} s`,
    seconds: put.seconds,
    peakBytes: put.peakBytes,
    rate: `${formatByteSize(size / put.seconds)}/s`,
    checks: [
      { what: "the bytes are the same after two of six shards were destroyed", isRight: before === after },
      {
        what: "verify misses two shards and calls the object recoverable",
        isRight: verified.missing === 2 && verified.recoverable === 1,
      },
    ],
    outputs: [configPath, ...[0, 2, 3, 5].map(backendPath)],
  };
};

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
