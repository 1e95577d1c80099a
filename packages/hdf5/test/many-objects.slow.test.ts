import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DiskVfs, diskVfs, type OpenFlags, type VfsFile } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { hasH5py, hasTools, PYTHON, run } from "./helpers.ts";
import { COUNT_SCRIPT, median, writeEpisodes } from "./many-objects.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

it("ten thousand groups of ten datasets stay cheap, and are read by others", () => {
  using directory = tempDirectory();
  const path = `${directory.path}/a.h5`;
  const costs = writeEpisodes(diskVfs, path, 10_000, 10);
  expect(median(costs.slice(900))).toBeLessThan(1.1 * median(costs.slice(0, 100)));
  if (hasH5py) expect(run(PYTHON, ["-c", COUNT_SCRIPT, path]).trim()).toBe("10000 5000000");
  if (hasTools) expect(run("h5dump", ["-H", path]).split("DATASET ").length - 1).toBe(100_000);
});

it("closed objects leave no more in memory than their names", () => {
  using directory = tempDirectory();
  let used = 0;
  /** Looks at the memory while the writer is alive: as it closes its file. */
  class WatchedVfs extends DiskVfs {
    override openSync(path: string, flags: OpenFlags): VfsFile {
      const file = super.openSync(path, flags);
      const closeSync = file.closeSync.bind(file);
      file.closeSync = () => {
        collectGarbage();
        used = process.memoryUsage().heapUsed;
        closeSync();
      };
      return file;
    }
  }
  const usedAfter = (count: number): number => {
    writeEpisodes(new WatchedVfs(), `${directory.path}/${count}.h5`, count, 10);
    return used;
  };
  const few = usedAfter(100);
  // Names, links and symbol table nodes: some hundred bytes each.
  expect(usedAfter(5000) - few).toBeLessThan(5000 * 1000);
});
