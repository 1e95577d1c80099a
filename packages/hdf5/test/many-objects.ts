import type { Vfs } from "@millrace/files";
import { Hdf5Writer } from "../src/index.ts";

/** What each dataset of {@link writeEpisodes} holds. */
export const EPISODE_VALUES: Float32Array<ArrayBuffer> = Float32Array.from({ length: 50 }, (_, i) => i);

/**
 * Writes groups with ten datasets and attributes each, one closed before the next, a checkpoint after each `interval`.
 * @returns metadata bytes of each checkpoint
 */
export function writeEpisodes(vfs: Vfs, path: string, count: number, interval: number): number[] {
  using writer = Hdf5Writer.createSync(vfs, path, {
    durability: "os",
    checkpointBytes: 0,
    threads: "caller",
  });
  const episodes = writer.root.createGroup("episodes");
  const costs: number[] = [];
  let before = writer.stats().metadataBytes;
  for (let e = 0; e < count; e++) {
    using group = episodes.createGroup(`episode_${String(e).padStart(5, "0")}`);
    group.setAttribute("n_steps", e, { kind: "int32" });
    for (let d = 0; d < 10; d++) {
      const data = group.createDataset(`d${d}`, { kind: "float32", chunkRows: 64 });
      data.setAttribute("units", "mV", { strings: "fixed" });
      data.appendSync(EPISODE_VALUES);
    }
    group.closeSync();
    if (e % interval !== interval - 1) continue;
    writer.checkpointSync();
    const { metadataBytes } = writer.stats();
    costs.push(metadataBytes - before);
    before = metadataBytes;
  }
  return costs;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** Counts groups and rows by h5py. */
export const COUNT_SCRIPT = `
import sys, h5py
f = h5py.File(sys.argv[1], "r")
rows = 0
for i, name in enumerate(f["episodes"]):
    g = f["episodes"][name]
    assert name == "episode_%05d" % i and g.attrs["n_steps"] == i and len(g) == 10
    for d in g.values():
        rows += d.shape[0]
    assert g["d9"][()].sum() == 1225 and g["d3"].attrs["units"] == b"mV"
print(len(f["episodes"]), rows)
`;
