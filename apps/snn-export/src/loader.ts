import { ClosedError, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { diskVfs, inspectInputFile, type Vfs } from "@millrace/files";
import { DEFAULT_HDF5_READER_OPTIONS, Hdf5Reader } from "@millrace/hdf5";
import { type EpisodeContents, EpisodeData } from "./episode-data.ts";
import { episodeGroupName } from "./format.ts";
import { Hdf5TreeGroup } from "./loader/hdf5-tree.ts";
import { openTree, type VersionedTree } from "./loader/open-tree.ts";
import { type LoadedCheckpoint, readCheckpoint } from "./loader/read-checkpoint.ts";
import {
  type EpisodeInfo,
  type EpisodeSummary,
  episodeNames,
  readEpisodes,
  readSummaries,
} from "./loader/read-episodes.ts";
import { readNetwork } from "./loader/read-network.ts";
import {
  type AttributeValues,
  attributesOf,
  type Provenance,
  readProvenance,
} from "./loader/read-provenance.ts";
import { attributeOf, groupIn, parseJson, type TreeGroup, textIn } from "./loader/run-tree.ts";
import type { NetworkStructure } from "./network-structure.ts";
import type { ColumnCodec } from "./plugins/codec.ts";
import { CodedTreeGroup } from "./plugins/coded-tree.ts";
import { deltaCodec } from "./plugins/delta-codec.ts";
import type { SchemaField } from "./schema.ts";

/** How an {@link ExperimentLoader} reads. */
export interface LoaderOptions {
  /** Where the file is. @default diskVfs */
  readonly vfs?: Vfs;
  /** Most bytes of decoded chunks that are kept, and again so many of the file's pages. @default 32 MiB */
  readonly cacheBytes?: number;
  /** Most bytes that one call may take, whatever the file claims. @default 1 GiB */
  readonly limitBytes?: number;
  /** For fields whose values were stored through codecs, found by their names. @default [] */
  readonly codecs?: readonly ColumnCodec[];
  /**
   * "hdf5" is our own reader; "h5wasm" the real libhdf5 in WebAssembly, for what ours refuses by name (rare filters,
   * virtual datasets): from the disk only, slower, and without `cacheBytes`. @default "hdf5"
   */
  readonly reader?: "hdf5" | "h5wasm";
}

/** One page. */
const LEAST_PAGE_CACHE_BYTES = 64 * 1024;

/** What {@link LoaderOptions} are when they are not given. */
export const DEFAULT_LOADER_OPTIONS: Required<LoaderOptions> = Object.freeze({
  vfs: diskVfs,
  cacheBytes: DEFAULT_HDF5_READER_OPTIONS.chunkCacheBytes,
  limitBytes: DEFAULT_HDF5_READER_OPTIONS.limitBytes,
  codecs: Object.freeze([]),
  reader: "hdf5",
});

/**
 * Reads the experiments that DataExporter wrote, of this version and older ones, and those of the Python exporter.
 *
 * Everything is read when it is asked for, at once; opening reads no more than the file's head, however large it is.
 *
 * @example
 * await using loader = await ExperimentLoader.open("runs/maze.h5");
 * const { ids } = loader.episode(0).getSpikes(5000, 6000);
 */
export class ExperimentLoader {
  readonly path: string;
  readonly #file: OpenFile;
  readonly #tree: VersionedTree;
  readonly #limitBytes: number;
  #isClosed = false;

  private constructor(path: string, file: OpenFile, { limitBytes, codecs }: Required<LoaderOptions>) {
    this.path = path;
    this.#file = file;
    this.#limitBytes = limitBytes;
    this.#tree = openTree(new CodedTreeGroup(file.root, [...codecs, deltaCodec], limitBytes));
  }

  /**
   * Opens a file and checks that it is one of ours, of a version that can be read. One that is being written is seen
   * as of its last checkpoint; open it again for more.
   * @throws IoError when it is missing, a directory, empty or a Git LFS pointer
   * @throws CorruptDataError when it is no HDF5 file, damaged, or not written by DataExporter
   */
  static async open(path: string, options?: LoaderOptions): Promise<ExperimentLoader> {
    const filled = resolveOptions<Required<LoaderOptions>>("snn", DEFAULT_LOADER_OPTIONS, options);
    checkOneOf("snn", "reader", filled.reader, ["hdf5", "h5wasm"]);
    if (filled.reader === "h5wasm" && filled.vfs !== diskVfs) {
      const expected = 'diskVfs for reader "h5wasm"';
      throw new InvalidArgumentError("SNN_OPTION_VALUE", "snn vfs", "another than diskVfs", expected);
    }
    await inspectInputFile(filled.vfs, path);
    const file = await openFile(path, filled);
    try {
      return new ExperimentLoader(path, file, filled);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The version of the file: "2.0.0", an older one, or "python-1.0.0". */
  get version(): string {
    return this.#tree.version;
  }

  /** The file as a tree of today's version: what converters and checks read. */
  get root(): TreeGroup {
    if (this.#isClosed) throw new ClosedError("SNN_LOADER_CLOSED", `the loader of ${this.path}`);
    return this.#tree.root;
  }

  /** The attributes of the whole file: experiment_name, timestamp, dt, n_neurons and so on. */
  attributes(): AttributeValues {
    return attributesOf(this.root);
  }

  /** What `saveConfig` stored, or undefined. */
  config(): unknown {
    return this.#readJson("config");
  }

  /** What `saveMetadata` stored, or undefined. */
  metadata(): unknown {
    return this.#readJson("metadata");
  }

  /** Kind, shape, unit and sampling of each field that was logged. */
  schema(): Readonly<Record<string, SchemaField>> {
    const json = attributeOf(this.root, "schema");
    return (json === undefined ? {} : parseJson(this.root, String(json))) as Record<string, SchemaField>;
  }

  /** Neurons, connections and weights (CSR), or undefined where none were stored. */
  network(): NetworkStructure | undefined {
    return readNetwork(this.root);
  }

  /** The machine, the program and its sources. */
  provenance(): Provenance {
    return readProvenance(this.root);
  }

  /** The episodes in order. */
  episodes(): EpisodeInfo[] {
    return readEpisodes(this.root);
  }

  /** The episodes that have ended, with what `endEpisode` was told of each. */
  summaries(): EpisodeSummary[] {
    return readSummaries(this.root);
  }

  /**
   * The data of one episode; usable until the loader is closed.
   * @throws InvalidArgumentError when there is no such episode
   */
  episode(id: number): EpisodeData {
    const episodes = groupIn(this.root, "episodes");
    const group = groupIn(episodes, episodeGroupName(id));
    if (group !== undefined) return new EpisodeData(id, group, this.#limitBytes, () => this.root);
    const last = episodeNames(episodes).at(-1)?.id;
    const expected = last === undefined ? "none: the file has no episodes" : `an episode from 0 to ${last}`;
    throw new InvalidArgumentError("SNN_EPISODE_UNKNOWN", "episode", id, expected);
  }

  /** The names that `saveCheckpoint` was given. */
  get checkpointNames(): readonly string[] {
    return groupIn(this.root, "checkpoints")?.names ?? [];
  }

  /** What `saveCheckpoint` stored under that name. @throws InvalidArgumentError when there is no such checkpoint */
  checkpoint(name: string): LoadedCheckpoint {
    const checkpoint = readCheckpoint(this.root, name);
    if (checkpoint !== undefined) return checkpoint;
    const expected = `one of ${this.checkpointNames.join(", ") || "none: the file has no checkpoints"}`;
    throw new InvalidArgumentError("SNN_CHECKPOINT_UNKNOWN", "checkpoint", name, expected);
  }

  /** Closes the file; closing twice is fine. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #readJson(name: string): unknown {
    const json = textIn(groupIn(this.root, name), "json");
    return json === undefined ? undefined : parseJson(this.root, json);
  }
}

/** A file, whoever reads it. */
interface OpenFile {
  readonly root: TreeGroup;
  close(): Promise<void> | void;
}

async function openFile(
  path: string,
  { vfs, cacheBytes, limitBytes, reader: readBy }: Required<LoaderOptions>,
): Promise<OpenFile> {
  if (readBy === "h5wasm") {
    // Loaded by those who ask for it: it takes some 40 MB.
    return (await import("./loader/h5wasm-tree.ts")).openH5wasmTree(path);
  }
  const reader = await Hdf5Reader.open(vfs, path, {
    chunkCacheBytes: cacheBytes,
    pageCacheBytes: Math.max(cacheBytes, LEAST_PAGE_CACHE_BYTES),
    limitBytes,
  });
  return { root: new Hdf5TreeGroup(path, reader.root), close: () => reader.close() };
}

/** The data of one whole file as plain objects, for a look at small ones. */
export interface QuickExperiment {
  readonly attributes: AttributeValues;
  readonly config: unknown;
  readonly network: NetworkStructure | undefined;
  readonly episodes: readonly { readonly info: EpisodeInfo; readonly contents: EpisodeContents }[];
}

/** Reads a whole file at once; for large ones open an {@link ExperimentLoader} and take what is needed. */
export async function quickLoad(path: string, options?: LoaderOptions): Promise<QuickExperiment> {
  await using loader = await ExperimentLoader.open(path, options);
  return {
    attributes: loader.attributes(),
    config: loader.config(),
    network: loader.network(),
    episodes: loader.episodes().map((info) => ({ info, contents: loader.episode(info.id).contents() })),
  };
}
