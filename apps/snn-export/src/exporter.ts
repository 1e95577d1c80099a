import { ClosedError, InvalidArgumentError } from "@millrace/base";
import { EpisodeAnalytics } from "./analytics/episode-analytics.ts";
import type { AnalyticsSnapshot } from "./analytics/snapshot.ts";
import { logBlock } from "./block-writer.ts";
import { CallClock } from "./call-clock.ts";
import type { ColumnPlace } from "./columns/staged-column.ts";
import { EpisodeColumns } from "./episode-columns.ts";
import { EpisodeSummaries } from "./episode-summaries.ts";
import { EpisodeWriter } from "./episode-writer.ts";
import { type EpisodeStatus, episodeGroupName } from "./format.ts";
import type { LogBlock, StaticEpisodeData } from "./log-block.ts";
import type { EpisodeEnd, LogEntry } from "./log-entry.ts";
import { checkJson, checkName } from "./names.ts";
import {
  type ConnectionTable,
  type CsrMatrix,
  checkNetworkStructure,
  type NeuronTable,
  writeNetworkStructure,
} from "./network-structure.ts";
import { type ExporterOptions, type FilledExporterOptions, resolveExporterOptions } from "./options.ts";
import { CodedGroup } from "./plugins/coded-group.ts";
import { deltaCodec } from "./plugins/delta-codec.ts";
import { runOnBlock, runOnEntry } from "./plugins/run-plugins.ts";
import { openBackend } from "./run-file.ts";
import { writeProvenance, writeRootAttributes } from "./run-header.ts";
import { type CheckpointData, writeCheckpoint } from "./saved-checkpoint.ts";
import { Schema } from "./schema.ts";
import type { RunSink, SinkGroup } from "./sinks/run-sink.ts";
import { logStaticData } from "./static-data.ts";

/** Episodes that end between two checkpoints at the most: what has ended leaves memory with a checkpoint. */
const EPISODES_PER_CHECKPOINT = 64;

/**
 * Records one experiment into one HDF5 file, which is there, valid and readable, from the constructor on.
 *
 * A checkpoint makes all steps so far part of the file: every `checkpointIntervalMs`, when many episodes have ended,
 * by `checkpoint`, `saveCheckpoint` and `close`. A run that is killed leaves its last checkpoint. All calls are
 * synchronous; memory does not grow with the number of steps.
 *
 * @example
 * using exporter = new DataExporter("maze", { outputDirectory: "runs" });
 * exporter.startEpisode({ neurons: 2 });
 * exporter.log({ timestep: 0, spikes: [true, false] });
 * exporter.endEpisode({ success: true });
 */
export class DataExporter {
  readonly #options: FilledExporterOptions;
  readonly #sink: RunSink;
  readonly #schema = new Schema();
  readonly #saved = new Set<string>();
  readonly #episodes: SinkGroup;
  readonly #summaries: EpisodeSummaries;
  #checkpoints: SinkGroup | undefined;
  readonly #hasPlugins: boolean;
  #neurons: number | undefined;
  #episode: EpisodeWriter | undefined;
  #analytics: EpisodeAnalytics | undefined;
  #episodeCount = 0;
  #endedSinceCheckpoint = 0;
  #dueMs = Number.POSITIVE_INFINITY;
  #analyticsDueMs = Number.POSITIVE_INFINITY;
  readonly #clock = new CallClock();
  #isClosed = false;

  /**
   * Begins a recording.
   * @param experimentName - becomes the beginning of the file's name; letters, digits, "-", "_" and "." only
   * @throws InvalidArgumentError for a name or an option that cannot be
   * @throws IoError when the directory cannot be made or the file not be written
   */
  constructor(experimentName: string, options?: ExporterOptions) {
    checkName("experiment", experimentName);
    this.#options = resolveExporterOptions(options);
    this.#hasPlugins = this.#options.transformers.length > 0 || this.#options.validators.length > 0;
    const start = new Date();
    const { sink, outputDirectory } = this.#options;
    this.#sink =
      sink?.({ experimentName, start, outputDirectory }) ?? openBackend(experimentName, start, this.#options);
    try {
      const { root } = this.#sink;
      writeRootAttributes(root, experimentName, start, this.#options);
      writeProvenance(root, this.#options);
      this.#episodes = root.createGroup("episodes");
      this.#summaries = new EpisodeSummaries(this.#place(root));
      this.#save();
    } catch (error) {
      this.#sink.discard();
      throw error;
    }
  }

  /** The file; other programs can read it as of its last checkpoint. */
  get path(): string {
    return this.#sink.path;
  }

  /** Stores the experiment's configuration; any JSON, once. */
  saveConfig(config: Readonly<Record<string, unknown>>): void {
    this.#saveJson("config", config);
  }

  /** Stores facts about the experiment (who, where, which animal); any JSON, once. */
  saveMetadata(metadata: Readonly<Record<string, unknown>>): void {
    this.#saveJson("metadata", metadata);
  }

  /**
   * Stores neurons, connections and initial weights, once; neurons are counted from here on.
   * @throws InvalidArgumentError when the tables do not fit each other; nothing is stored then
   */
  saveNetworkStructure(neurons: NeuronTable, connections: ConnectionTable, initialWeights: CsrMatrix): void {
    this.#requireOpen();
    checkNetworkStructure(neurons, connections, initialWeights);
    const neuronCount = this.#checkNeurons(initialWeights.shape[0]);
    this.#saveOnce("network_structure");
    writeNetworkStructure(this.#place(this.#sink.root), neurons, connections, initialWeights);
    this.#setNeurons(neuronCount);
    this.#sink.root.setAttribute("n_connections", BigInt(connections.source.length));
  }

  /**
   * Begins an episode and returns its number, counted from 0; one that still runs is ended as aborted.
   * @param options.neurons - how many there are, where no network structure said so
   */
  startEpisode(options: { readonly neurons?: number } = {}): number {
    this.#requireOpen();
    if (options.neurons !== undefined) this.#setNeurons(this.#checkNeurons(options.neurons));
    if (this.#neurons === undefined) {
      const expected = "it here or in saveNetworkStructure, before the first episode";
      throw new InvalidArgumentError("SNN_NEURONS_MISSING", "startEpisode neurons", undefined, expected);
    }
    if (this.#episode !== undefined) this.#finishEpisode(this.#episode, "aborted", {});
    const id = this.#episodeCount++;
    const { analytics, timeStepMs, codecs, adaptiveSampling } = this.#options;
    // States that are kept because they changed have seldom changed much.
    const usual = adaptiveSampling === undefined ? {} : { neural_states: deltaCodec };
    const codecByField = new Map(Object.entries({ ...usual, ...codecs }));
    const ownGroup = this.#episodes.createGroup(episodeGroupName(id));
    const group = codecByField.size === 0 ? ownGroup : new CodedGroup(ownGroup, codecByField);
    this.#analytics =
      analytics === undefined ? undefined : new EpisodeAnalytics(id, this.#neurons, timeStepMs, analytics);
    if (analytics?.onAnalytics !== undefined) this.#analyticsDueMs = performance.now() + analytics.intervalMs;
    const columns = new EpisodeColumns(
      this.#place(group),
      this.#neurons,
      this.#options,
      this.#schema,
      this.#analytics,
    );
    this.#episode = new EpisodeWriter(id, group, columns);
    return id;
  }

  /**
   * Appends one time step to the running episode.
   * @returns undefined, or with the option `asyncWrite` a promise where chunks wait for the thread pool: awaiting it
   *   lets the pool work, ignoring it costs time on this thread
   * @throws InvalidArgumentError for a field that cannot be, with its name, step and value; nothing is stored then
   * @throws IoError when the file cannot be written; its last checkpoint stays readable
   */
  log(entry: LogEntry): Promise<void> | undefined {
    const episode = this.#requireEpisode();
    if (this.#hasPlugins) {
      const { transformers, validators } = this.#options;
      const stored = runOnEntry(transformers, validators, entry);
      if (stored === undefined) return undefined;
      episode.log(stored);
    } else episode.log(entry);
    return this.#afterSteps();
  }

  /**
   * Appends many time steps from whole typed arrays; the same as a `log` of each.
   * @returns as `log` does
   * @throws as `log` does
   * @example
   * exporter.logBlock({ firstTimestep: 0, stepCount: 2, spikes: Uint8Array.of(0, 1, 1, 0) }); // of two neurons
   */
  logBlock(block: LogBlock): Promise<void> | undefined {
    const episode = this.#requireEpisode();
    const { transformers, validators } = this.#options;
    const stored = runOnBlock(transformers, validators, block);
    if (stored === undefined) return undefined;
    logBlock(episode, stored);
    return this.#afterSteps();
  }

  /**
   * Stores data of the running episode that are given at once, in any order: weight changes, events, rewards, behavior.
   * They go past transformers and validators.
   * @throws InvalidArgumentError for a field that cannot be, or that was logged already; nothing is stored then
   */
  logStaticEpisodeData(data: StaticEpisodeData): void {
    logStaticData(this.#requireEpisode(), data);
  }

  /**
   * What the option `analytics` asked for: `snapshot()` says it of the running episode, or of the last one that ended.
   * @throws InvalidArgumentError without that option
   */
  get analytics(): { snapshot(): AnalyticsSnapshot | undefined } {
    if (this.#options.analytics === undefined) {
      const expected = "an object, in the options";
      throw new InvalidArgumentError("SNN_ANALYTICS_OFF", "the option analytics", undefined, expected);
    }
    return { snapshot: () => this.#analyticsSnapshot() };
  }

  /** Ends the running episode. */
  endEpisode(end: EpisodeEnd = {}): void {
    const episode = this.#requireEpisode();
    if (end.summary !== undefined) checkJson("endEpisode summary", end.summary);
    this.#finishEpisode(episode, "complete", end);
    if (this.#endedSinceCheckpoint >= EPISODES_PER_CHECKPOINT || performance.now() >= this.#dueMs) {
      this.checkpoint();
    }
  }

  /**
   * Stores a named state of the experiment under `/checkpoints`, and makes a checkpoint of the file.
   * @param data - typed arrays become datasets, everything else JSON
   */
  saveCheckpoint(name: string, data: CheckpointData = {}): void {
    this.#requireOpen();
    checkName("checkpoint", name);
    const key = `checkpoint ${name}`;
    if (this.#saved.has(key)) this.#refuseTwice(key);
    this.#checkpoints ??= this.#sink.root.createGroup("checkpoints");
    const episode = this.#episode;
    writeCheckpoint(this.#place(this.#checkpoints), name, data, {
      time: Date.now() / 1000,
      ...(episode === undefined
        ? {}
        : { episode: BigInt(episode.id), timestep: BigInt(episode.lastTimestep) }),
    });
    this.#saved.add(key);
    this.checkpoint();
  }

  /**
   * Makes all that was logged so far part of the file.
   * @throws IoError when it cannot be written; the checkpoint before stays readable
   */
  checkpoint(): void {
    this.#requireOpen();
    this.#save();
  }

  /**
   * Ends the file with a last checkpoint; a running episode is ended as aborted. Closing twice is fine.
   * @throws IoError when it cannot be written; the last checkpoint stays readable
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (this.#episode !== undefined) this.#finishEpisode(this.#episode, "aborted", {});
      this.#summaries.finish();
      this.#sink.root.setAttribute("end_time", Date.now() / 1000);
      this.#saveRoot();
    } catch (error) {
      // The file is given back whatever happened; the first error is the one to report.
      try {
        this.#sink.close();
      } catch {}
      throw error;
    }
    this.#sink.close();
  }

  /** Gives the recording up and removes the file; after `close()` it does nothing. */
  abandon(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sink.discard();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // An error of the pool is kept by the sink, and comes out of close.
    if (!this.#isClosed && this.#sink.isBehind) await this.#sink.drain().catch(() => {});
    this.close();
  }

  #afterSteps(): Promise<void> | undefined {
    if (this.#clock.tick()) this.#doWhatIsDue(this.#clock.nowMs);
    return this.#options.asyncWrite && this.#sink.isBehind ? this.#sink.drain() : undefined;
  }

  #doWhatIsDue(nowMs: number): void {
    if (nowMs >= this.#dueMs) this.#save();
    if (nowMs >= this.#analyticsDueMs) this.#tellAnalytics(nowMs);
  }

  #analyticsSnapshot(): AnalyticsSnapshot | undefined {
    this.#episode?.columns.observe();
    return this.#analytics?.snapshot();
  }

  #tellAnalytics(nowMs: number): void {
    const { onAnalytics, intervalMs } = this.#options.analytics!;
    this.#analyticsDueMs = nowMs + intervalMs;
    onAnalytics?.(this.#analyticsSnapshot()!);
  }

  #finishEpisode(episode: EpisodeWriter, status: EpisodeStatus, end: EpisodeEnd): void {
    this.#episode = undefined;
    this.#endedSinceCheckpoint++;
    episode.finish(status, end);
    this.#summaries.add(episode, status, end);
  }

  /** Between two steps, so that all columns are at the same one. */
  #save(): void {
    this.#episode?.flush();
    this.#summaries.flush();
    this.#saveRoot();
    this.#sink.checkpoint();
    this.#endedSinceCheckpoint = 0;
    const { checkpointIntervalMs } = this.#options;
    if (checkpointIntervalMs > 0) this.#dueMs = performance.now() + checkpointIntervalMs;
  }

  #saveRoot(): void {
    this.#schema.save(this.#sink.root);
    this.#sink.root.setAttribute("episode_count", BigInt(this.#episodeCount));
  }

  #place(group: SinkGroup): ColumnPlace {
    const { chunkBytes, growthFactor } = this.#options;
    return { group, chunkBytes, growthFactor };
  }

  #saveJson(name: string, value: Readonly<Record<string, unknown>>): void {
    this.#requireOpen();
    const json = checkJson(name, value);
    this.#saveOnce(name);
    const group = this.#sink.root.createGroup(name);
    group.writeText("json", json);
    group.close();
  }

  #saveOnce(name: string): void {
    if (this.#saved.has(name)) this.#refuseTwice(name);
    this.#saved.add(name);
  }

  #refuseTwice(what: string): never {
    throw new InvalidArgumentError("SNN_SAVED_TWICE", "save", what, "each to be saved once");
  }

  #setNeurons(neurons: number): void {
    if (this.#neurons === neurons) return;
    this.#neurons = neurons;
    this.#sink.root.setAttribute("n_neurons", BigInt(neurons));
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
