import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { ClosedError, InvalidArgumentError } from "@millrace/base";
import { diskVfs, joinPath } from "@millrace/files";
import type { File, Group } from "h5wasm/node";
import { EpisodeWriter } from "./episode-writer.ts";
import { episodeGroupName, FORMAT_NAME, FORMAT_VERSION } from "./format.ts";
import { createH5File, guard, replaceAttribute, writeAttribute } from "./h5-file.ts";
import type { EpisodeEnd, LogEntry } from "./log-entry.ts";
import {
  type ConnectionTable,
  type CsrMatrix,
  type NeuronTable,
  writeNetworkStructure,
} from "./network-structure.ts";
import { type ExporterOptions, resolveExporterOptions } from "./options.ts";

/**
 * Records one experiment into one HDF5 file, which appears under its name when it is closed.
 *
 * Until then it has a temporary name in the same directory, and an error or `abandon()` removes it. Numeric columns
 * are buffered a chunk at a time, so memory does not grow with the number of steps.
 *
 * @example
 * await using exporter = await DataExporter.open("maze", { outputDirectory: "runs" });
 * exporter.startEpisode({ neurons: 2 });
 * exporter.log({ timestep: 0, spikes: [true, false] });
 * exporter.endEpisode({ success: true });
 */
export class DataExporter {
  /** Where the file appears on `close()`. */
  readonly path: string;
  readonly #temporaryPath: string;
  readonly #directory: string;
  readonly #options: Required<ExporterOptions>;
  readonly #file: File;
  readonly #episodes: Group;
  #neurons: number | undefined;
  #episode: EpisodeWriter | undefined;
  #episodeCount = 0;
  #isClosed = false;

  private constructor(experimentName: string, directory: string, options: Required<ExporterOptions>) {
    const start = new Date();
    // The random part keeps two runs of the same second apart.
    const stamp = start.toISOString().slice(0, 19).replaceAll(":", "").replace("T", "_");
    const name = `${experimentName}_${stamp}_${randomBytes(3).toString("hex")}.h5`;
    this.path = joinPath(directory, name);
    this.#temporaryPath = joinPath(directory, `.${name}.tmp`);
    this.#directory = directory;
    this.#options = options;
    this.#file = createH5File(this.#temporaryPath);
    this.#episodes = guard(this.#temporaryPath, "write", () => {
      const attributes = {
        format: FORMAT_NAME,
        format_version: FORMAT_VERSION,
        schema_version: FORMAT_VERSION,
        experiment_name: experimentName,
        timestamp: start.toISOString(),
        start_time: start.getTime() / 1000,
        neural_sampling_rate: options.neuralSamplingRate,
        compression: options.compression,
        chunk_size: options.chunkBytes,
        dt: options.timeStepMs,
        time_units: "ms",
        n_neurons: 0,
        n_connections: 0,
        episode_count: 0,
      };
      for (const [key, value] of Object.entries(attributes)) writeAttribute(this.#file, key, value);
      const runtime = this.#file.create_group("runtime");
      const facts = {
        node: process.version,
        platform: process.platform,
        arch: process.arch,
        host: hostname(),
      };
      for (const [key, value] of Object.entries(facts)) writeAttribute(runtime, key, value);
      return this.#file.create_group("episodes");
    });
  }

  /**
   * Begins a recording.
   * @param experimentName - becomes the beginning of the file's name; letters, digits, "-", "_" and "." only
   * @throws InvalidArgumentError for a name or an option that cannot be
   * @throws IoError when the directory cannot be made or written
   */
  static async open(experimentName: string, options?: ExporterOptions): Promise<DataExporter> {
    if (!/^[\w.-]{1,100}$/.test(experimentName)) {
      const expected = '1 to 100 letters, digits, "-", "_" and "."';
      throw new InvalidArgumentError("SNN_NAME_INVALID", "experiment name", experimentName, expected);
    }
    const filled = resolveExporterOptions(options);
    await diskVfs.makeDirectory(filled.outputDirectory);
    return new DataExporter(experimentName, filled.outputDirectory, filled);
  }

  /** Stores the experiment's configuration; any JSON. */
  saveConfig(config: Readonly<Record<string, unknown>>): void {
    this.#saveJson("config", config);
  }

  /** Stores facts about the experiment (who, where, which animal); any JSON. */
  saveMetadata(metadata: Readonly<Record<string, unknown>>): void {
    this.#saveJson("metadata", metadata);
  }

  /**
   * Stores neurons, connections and initial weights; neurons are counted from here on.
   * @throws InvalidArgumentError when the tables do not fit each other
   */
  saveNetworkStructure(neurons: NeuronTable, connections: ConnectionTable, initialWeights: CsrMatrix): void {
    this.#requireOpen();
    const neuronCount = this.#checkNeurons(initialWeights.shape[0]);
    writeNetworkStructure(this.#file, this.#temporaryPath, neurons, connections, initialWeights);
    this.#neurons = neuronCount;
    guard(this.#temporaryPath, "write", () => {
      replaceAttribute(this.#file, "n_connections", connections.source.length);
    });
  }

  /**
   * Begins an episode and returns its number, counted from 0; one that still runs is ended as aborted.
   * @param options.neurons - how many there are, where no network structure said so
   */
  startEpisode(options: { readonly neurons?: number } = {}): number {
    this.#requireOpen();
    if (options.neurons !== undefined) this.#neurons = this.#checkNeurons(options.neurons);
    if (this.#neurons === undefined) {
      const expected = "it here or in saveNetworkStructure, before the first episode";
      throw new InvalidArgumentError("SNN_NEURONS_MISSING", "startEpisode neurons", undefined, expected);
    }
    this.#episode?.finish("aborted");
    const id = this.#episodeCount++;
    const path = this.#temporaryPath;
    const group = guard(path, "write", () => this.#episodes.create_group(episodeGroupName(id)));
    this.#episode = new EpisodeWriter({ group, path, options: this.#options }, this.#neurons);
    return id;
  }

  /**
   * Appends one time step to the running episode.
   * @throws InvalidArgumentError for a field that cannot be, with its name, step and value; nothing is stored then
   */
  log(entry: LogEntry): void {
    this.#requireEpisode().log(entry);
  }

  /** Ends the running episode and hands what was buffered to the file. */
  endEpisode(end?: EpisodeEnd): void {
    this.#requireEpisode().finish("complete", end);
    this.#episode = undefined;
    guard(this.#temporaryPath, "write", () => this.#file.flush());
  }

  /**
   * Finishes the file: it appears under `path`, durable. A running episode is ended as aborted. Closing twice is fine.
   * @throws IoError when it cannot be written; no file appears then
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      guard(this.#temporaryPath, "write", () => {
        this.#episode?.finish("aborted");
        replaceAttribute(this.#file, "n_neurons", this.#neurons ?? 0);
        replaceAttribute(this.#file, "episode_count", this.#episodeCount);
        writeAttribute(this.#file, "end_time", Date.now() / 1000);
        this.#file.flush();
        this.#file.close();
      });
      {
        await using file = await diskVfs.open(this.#temporaryPath, "r+");
        await file.sync();
      }
      await diskVfs.rename(this.#temporaryPath, this.path);
      await diskVfs.syncDirectory(this.#directory);
    } catch (error) {
      await this.#remove();
      throw error;
    }
  }

  /** Gives the recording up and removes what there is of it; after `close()` it does nothing. */
  async abandon(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #remove(): Promise<void> {
    try {
      this.#file.close();
    } catch {
      // libhdf5 may fail to flush what is being thrown away; the error that brought us here is the one to report.
    }
    if (await diskVfs.exists(this.#temporaryPath)) await diskVfs.remove(this.#temporaryPath);
  }

  #saveJson(name: string, value: Readonly<Record<string, unknown>>): void {
    this.#requireOpen();
    const json = JSON.stringify(value);
    guard(this.#temporaryPath, "write", () =>
      this.#file.create_group(name).create_dataset({ name: "json", data: json }),
    );
  }

  #checkNeurons(neurons: number): number {
    if (!Number.isInteger(neurons) || neurons < 1 || neurons > 2 ** 31) {
      throw new InvalidArgumentError("SNN_NEURONS_RANGE", "neurons", neurons, "an integer from 1 to 2^31");
    }
    if (this.#neurons !== undefined && this.#neurons !== neurons) {
      throw new InvalidArgumentError(
        "SNN_NEURONS_CHANGED",
        "neurons",
        neurons,
        `${this.#neurons}, as before`,
      );
    }
    return neurons;
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new ClosedError("SNN_EXPORTER_CLOSED", `the exporter of ${this.path}`);
  }

  #requireEpisode(): EpisodeWriter {
    this.#requireOpen();
    if (this.#episode !== undefined) return this.#episode;
    throw new InvalidArgumentError(
      "SNN_EPISODE_MISSING",
      "episode",
      undefined,
      "startEpisode() to be called first",
    );
  }
}
