import { ClosedError, CorruptDataError, InvalidArgumentError } from "@millrace/base";
import { diskVfs, inspectInputFile } from "@millrace/files";
import { Hdf5Reader, type Hdf5ReadGroup } from "@millrace/hdf5";
import { type EpisodeContents, EpisodeData } from "./episode-data.ts";
import { type EpisodeStatus, episodeGroupName, FORMAT_NAME, FORMAT_VERSION } from "./format.ts";
import { type AttributeValue, childDataset, childGroup, readAttribute, readText } from "./hdf5-read.ts";
import { type NetworkStructure, readNetworkStructure } from "./network-structure.ts";

/** One episode in the list of a file. */
export interface EpisodeInfo {
  readonly id: number;
  readonly status: EpisodeStatus;
  /** Time steps that were logged. */
  readonly steps: number;
  readonly spikes: number;
  readonly success: boolean | undefined;
}

/** Reads the experiments that DataExporter wrote. Everything is read when it is asked for. */
export class ExperimentLoader {
  readonly path: string;
  readonly #reader: Hdf5Reader;
  #isClosed = false;

  private constructor(path: string, reader: Hdf5Reader) {
    this.path = path;
    this.#reader = reader;
  }

  /**
   * Opens a file and checks that it is one of ours, of a version that can be read.
   * @throws IoError when it is missing, a directory, empty or a Git LFS pointer
   * @throws CorruptDataError when it is no HDF5 file, damaged, or not written by DataExporter
   */
  static async open(path: string): Promise<ExperimentLoader> {
    await inspectInputFile(diskVfs, path);
    const reader = await Hdf5Reader.open(diskVfs, path);
    try {
      checkFormat(path, reader.root);
    } catch (error) {
      await reader.close();
      throw error;
    }
    return new ExperimentLoader(path, reader);
  }

  /** The attributes of the whole file: experiment_name, timestamp, dt, n_neurons and so on. */
  attributes(): Record<string, AttributeValue> {
    const root = this.#open();
    return Object.fromEntries(root.attributes.names.map((name) => [name, readAttribute(root, name) ?? ""]));
  }

  /** What `saveConfig` stored, or undefined. */
  config(): unknown {
    return this.#readJson("config");
  }

  /** What `saveMetadata` stored, or undefined. */
  metadata(): unknown {
    return this.#readJson("metadata");
  }

  /** Neurons, connections and weights, or undefined where none were stored. */
  network(): NetworkStructure | undefined {
    return readNetworkStructure(this.#open());
  }

  /** The episodes in order. */
  episodes(): EpisodeInfo[] {
    const group = childGroup(this.#open(), "episodes");
    const names = group?.names.filter((name) => /^episode_\d{4,}$/.test(name)) ?? [];
    return names
      .flatMap((name) => {
        const episode = childGroup(group, name);
        return episode === undefined ? [] : [episodeInfo(Number(name.slice(8)), episode)];
      })
      .sort((a, b) => a.id - b.id);
  }

  /**
   * The data of one episode; usable until the loader is closed.
   * @throws InvalidArgumentError when there is no such episode
   */
  episode(id: number): EpisodeData {
    const episodes = childGroup(this.#open(), "episodes");
    const group = episodes === undefined ? undefined : childGroup(episodes, episodeGroupName(id));
    if (group !== undefined) return new EpisodeData(this.path, group, () => this.#open());
    const last = this.episodes().length - 1;
    const expected = last < 0 ? "none: the file has no episodes" : `an episode from 0 to ${last}`;
    throw new InvalidArgumentError("SNN_EPISODE_UNKNOWN", "episode", id, expected);
  }

  /** Closes the file; closing twice is fine. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#reader.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): Hdf5ReadGroup {
    if (this.#isClosed) throw new ClosedError("SNN_LOADER_CLOSED", `the loader of ${this.path}`);
    return this.#reader.root;
  }

  #readJson(name: string): unknown {
    const group = childGroup(this.#open(), name);
    const dataset = childDataset(group, "json");
    return dataset === undefined ? undefined : JSON.parse(readText(dataset));
  }
}

/** The data of one whole file as plain objects, for a look at small ones. */
export interface QuickExperiment {
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly config: unknown;
  readonly network: NetworkStructure | undefined;
  readonly episodes: readonly { readonly info: EpisodeInfo; readonly contents: EpisodeContents }[];
}

/** Reads a whole file at once; for large ones open an {@link ExperimentLoader} and take what is needed. */
export async function quickLoad(path: string): Promise<QuickExperiment> {
  await using loader = await ExperimentLoader.open(path);
  return {
    attributes: loader.attributes(),
    config: loader.config(),
    network: loader.network(),
    episodes: loader.episodes().map((info) => ({ info, contents: loader.episode(info.id).contents() })),
  };
}

function episodeInfo(id: number, group: Hdf5ReadGroup): EpisodeInfo {
  const number = (name: string): number => Number(readAttribute(group, name) ?? 0);
  const success = readAttribute(group, "success");
  return {
    id,
    status: String(readAttribute(group, "status")) as EpisodeStatus,
    steps: number("n_steps"),
    spikes: number("n_spikes"),
    success: success === undefined ? undefined : success === 1,
  };
}

function checkFormat(path: string, root: Hdf5ReadGroup): void {
  const format = readAttribute(root, "format");
  const version = String(readAttribute(root, "format_version") ?? "none");
  if (format !== FORMAT_NAME) {
    const problem = `${path} has the format ${format ?? "of another program"}, expected ${FORMAT_NAME}; it was not written by this exporter`;
    throw new CorruptDataError("SNN_FORMAT_UNKNOWN", "HDF5", 0, problem);
  }
  const major = FORMAT_VERSION.split(".")[0];
  if (version.split(".")[0] !== major) {
    const problem = `${path} has the format version ${version}, this release reads ${major}.x; use the release that wrote it`;
    throw new CorruptDataError("SNN_FORMAT_VERSION", "HDF5", 0, problem);
  }
}
