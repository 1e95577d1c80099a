import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs, readFullSync, type Vfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { DataExporter, ExperimentLoader, validate } from "../src/index.ts";
import { entryOf, NEURONS } from "./helpers.ts";
import { hasH5py, makePythonFile } from "./python-files.ts";
import { writeVersion1 } from "./version-1.ts";

/** What one call may take of a file that claims any size: far more than these files hold. */
const LIMIT_BYTES = 8 * 1024 * 1024;

/** Files as they come from a recorder, from our first version, and from Python. */
const files = new Map<string, Uint8Array>();
beforeAll(async () => {
  const vfs = new MemoryVfs();
  files.set("small", recorded(vfs, 40, 1));
  files.set("large", recorded(vfs, 8000, 3));
  await writeVersion1(vfs, "old.h5", 300, "complete");
  files.set("version 1", bytesOf(vfs, "old.h5"));
  if (!hasH5py) return;
  using directory = tempDirectory();
  const path = join(directory.path, "python.h5");
  makePythonFile(path, "rle");
  files.set("python", new Uint8Array(readFileSync(path)));
});

function recorded(vfs: Vfs, steps: number, episodes: number): Uint8Array {
  const exporter = new DataExporter("damage", {
    vfs,
    outputDirectory: "runs",
    git: false,
    codeSnapshot: "none",
    neuralSamplingRate: 2,
    chunkBytes: 4096,
  });
  exporter.saveConfig({ some: "thing" });
  for (let id = 0; id < episodes; id++) {
    exporter.startEpisode({ neurons: NEURONS });
    for (let timestep = 0; timestep < steps; timestep++) exporter.log(entryOf(timestep));
    exporter.endEpisode({ success: true, summary: { id } });
  }
  exporter.close();
  return bytesOf(vfs, exporter.path);
}

function bytesOf(vfs: Vfs, path: string): Uint8Array {
  const file = vfs.openSync(path, "r");
  const bytes = new Uint8Array(file.sizeSync());
  readFullSync(file, bytes, 0);
  return bytes;
}

/** Reads all there is; an error of ours ends one question, not the others. @returns whether there was none */
async function readEverything(vfs: Vfs, path: string): Promise<boolean> {
  let isFine = true;
  const ask = (question: () => unknown): void => {
    try {
      question();
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      isFine = false;
    }
  };
  let loader: ExperimentLoader;
  try {
    loader = await ExperimentLoader.open(path, { vfs, limitBytes: LIMIT_BYTES, cacheBytes: 1024 * 1024 });
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return false;
  }
  ask(() => loader.attributes());
  ask(() => loader.config());
  ask(() => loader.schema());
  ask(() => loader.network());
  ask(() => loader.provenance());
  ask(() => loader.summaries());
  ask(() => loader.checkpointNames);
  let ids: number[] = [0];
  ask(() => {
    ids = loader.episodes().map(({ id }) => id);
  });
  for (const id of ids) {
    ask(() => loader.episode(id).timeRange());
    ask(() => loader.episode(id).getSpikesAsEvents(10, 500, "neuron"));
    ask(() => loader.episode(id).getNeuralStates(10, 500));
    ask(() => loader.episode(id).contents());
  }
  await loader.close();
  return isFine;
}

describe("a file that ends too early", () => {
  it.each([0, 1, 2, 3])("anywhere in part %d of four of a small one is an error of ours", async (part) => {
    const bytes = files.get("small")!;
    expect(bytes.length).toBeLessThan(64 * 1024);
    const vfs = new MemoryVfs();
    const file = vfs.openSync("cut.h5", "create");
    file.writeSync(bytes, 0);
    const first = Math.ceil((bytes.length * part) / 4);
    for (let size = Math.ceil((bytes.length * (part + 1)) / 4) - 1; size >= first; size--) {
      file.truncateSync(size);
      if (await readEverything(vfs, "cut.h5"))
        expect.fail(`${size} of ${bytes.length} bytes were taken for all`);
    }
  });

  it.each(["large", "version 1", "python"])("at 1,000 places (%s) is an error of ours", async (which) => {
    const bytes = files.get(which);
    if (bytes === undefined) return expect(hasH5py).toBe(false);
    const vfs = new MemoryVfs();
    const random = seededRandom(11);
    const sizes = Array.from({ length: 1000 }, () => random.nextInt(0, bytes.length - 1)).sort(
      (a, b) => b - a,
    );
    const file = vfs.openSync("cut.h5", "create");
    file.writeSync(bytes, 0);
    for (const size of sizes) {
      file.truncateSync(size);
      if (await readEverything(vfs, "cut.h5"))
        expect.fail(`${size} of ${bytes.length} bytes were taken for all`);
    }
  });
});

describe("a file with a flipped bit", () => {
  const cases = ["small", "version 1", "python"].flatMap((which) =>
    [0, 1, 2, 3].map((part) => [which, part] as const),
  );
  it.each(cases)("(%s, part %d of four) gives errors of ours or data", async (which, part) => {
    const bytes = files.get(which);
    if (bytes === undefined) return expect(hasH5py).toBe(false);
    const vfs = new MemoryVfs();
    const file = vfs.openSync("flipped.h5", "create");
    file.writeSync(bytes, 0);
    const random = seededRandom(100 + part);
    let damaged = 0;
    const flips = which === "small" ? 250 : 100;
    for (let n = 0; n < flips; n++) {
      const at = random.nextInt(0, bytes.length - 1);
      const wrong = Uint8Array.of(bytes[at]! ^ (1 << random.nextInt(0, 7)));
      file.writeSync(wrong, at);
      if (!(await readEverything(vfs, "flipped.h5"))) damaged++;
      if (n % 10 === 0) {
        await validate("flipped.h5", { vfs }).catch((error: unknown) => {
          if (!isMillraceError(error)) throw error;
        });
      }
      file.writeSync(bytes.subarray(at, at + 1), at);
    }
    expect(damaged).toBeGreaterThan(flips / 20);
    expect(await readEverything(vfs, "flipped.h5")).toBe(true);
  });
});
