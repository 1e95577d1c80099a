import { ExperimentLoader } from "@millrace/snn-export";
import type { BenchmarkCase, BenchmarkCases, Contender } from "../../case.ts";
import { importPeer } from "../../peers.ts";
import { longRunPath, makeLongRun, makeManyEpisodes, manyEpisodesPath } from "../../snn-files.ts";

/** What is used of h5wasm. */
interface Dataset {
  readonly value: unknown;
  readonly shape: readonly number[] | null;
  slice(ranges: readonly (readonly [number, number])[]): unknown;
}
interface File {
  get(path: string): unknown;
  close(): unknown;
}
interface Library {
  readonly ready: Promise<unknown>;
  readonly File: new (path: string, mode: "r") => File;
}

/** Slices of 1,000 steps that one run reads, after it has opened the file: nothing is cached from the run before. */
const SLICES = 20;
const SLICE_STEPS = 1000;

/** The first steps of the slices: anywhere in the file, as h5py_slices.py has them. */
function sliceStarts(steps: number): number[] {
  let bits = 7;
  return Array.from({ length: SLICES }, () => {
    bits = (Math.imul(bits, 1664525) + 1013904223) >>> 0;
    return bits % (steps - SLICE_STEPS);
  });
}

function check(start: number, counts: ArrayLike<number>, ids: ArrayLike<number>, first: number): void {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  if (counts.length !== SLICE_STEPS || sum !== ids.length || first !== start || sum < 1) {
    throw new Error(`the slice at ${start} has ${counts.length} steps and ${ids.length} ids for ${sum}`);
  }
}

/** Opening a long recording and reading slices of its spikes. */
function slices(steps: number, isFull: boolean): BenchmarkCase {
  const path = longRunPath(steps);
  const starts = sliceStarts(steps);
  const ours: Contender = {
    name: "millrace",
    prepare: async () => {
      makeLongRun(steps);
      return async () => {
        await using loader = await ExperimentLoader.open(path);
        const episode = loader.episode(0);
        for (const start of starts) {
          const { timesteps, counts, ids } = episode.getSpikes(start, start + SLICE_STEPS)!;
          check(start, counts, ids, timesteps[0]!);
        }
      };
    },
  };
  const h5wasm: Contender = {
    name: "h5wasm",
    prepare: async () => {
      const library = await openLibrary();
      return () => {
        const file = new library.File(path, "r");
        const spikes = (name: string): Dataset => file.get(`episodes/episode_0000/spikes/${name}`) as Dataset;
        const [counts, ids, offsets] = ["counts", "ids", "offsets"].map(spikes);
        const runs = spikes("timestep_runs").value as BigInt64Array;
        for (const start of starts) readSlice(start, runs, counts!, ids!, offsets!);
        file.close();
      };
    },
  };
  return {
    unit: "slices",
    amount: SLICES,
    ours,
    peers: [{ name: "h5py", script: "h5py_slices.py", args: [path, String(steps), String(SLICES)] }, h5wasm],
    reach: { ratio: 1 },
    isFull,
  };
}

/** What a user of libhdf5 writes after the format's document. */
function readSlice(
  start: number,
  runs: BigInt64Array,
  counts: Dataset,
  ids: Dataset,
  offsets: Dataset,
): void {
  let row = 0;
  let at = 0;
  for (; at < runs.length; at += 3) {
    const [first, step, count] = [Number(runs[at]), Number(runs[at + 1]), Number(runs[at + 2])];
    if (start < first + step * count) {
      row += (start - first) / Math.max(step, 1);
      break;
    }
    row += count;
  }
  const block = Math.floor(row / 1024);
  const some = counts.slice([[block * 1024, row + SLICE_STEPS]]) as Uint8Array;
  const before = some.subarray(0, row - block * 1024);
  const wanted = some.subarray(row - block * 1024);
  const begin =
    Number((offsets.slice([[block, block + 1]]) as BigInt64Array)[0]) + before.reduce((a, b) => a + b, 0);
  const end = begin + wanted.reduce((a, b) => a + b, 0);
  check(start, wanted, ids.slice([[begin, end]]) as Uint16Array, start);
}

/** Opening a file of many episodes, and reading one of them. */
function episodes(count: number): BenchmarkCase {
  const path = manyEpisodesPath(count);
  const id = count - 5;
  const name = `episodes/episode_${String(id).padStart(4, "0")}/spikes/ids`;
  const ours: Contender = {
    name: "millrace",
    prepare: async () => {
      makeManyEpisodes(count);
      return async () => {
        await using loader = await ExperimentLoader.open(path);
        if (loader.episode(id).getSpikes()?.ids.length !== 20) throw new Error("20 spikes are due");
      };
    },
  };
  const h5wasm: Contender = {
    name: "h5wasm",
    prepare: async () => {
      const library = await openLibrary();
      return () => {
        const file = new library.File(path, "r");
        if ((file.get(name) as Dataset).shape?.[0] !== 20) throw new Error("20 spikes are due");
        file.close();
      };
    },
  };
  return {
    unit: "files",
    amount: 1,
    ours,
    peers: [{ name: "h5py", script: "h5py_episode.py", args: [path, name] }, h5wasm],
    isFull: true,
  };
}

async function openLibrary(): Promise<Library> {
  const { default: library } = await importPeer<{ default: Library }>("h5wasm/dist/node/hdf5_hl.js");
  await library.ready;
  return library;
}

export const cases: BenchmarkCases = {
  "slices-2M": slices(2_000_000, false),
  "slices-20M": slices(20_000_000, true),
  "open-10000-episodes": episodes(10_000),
};
