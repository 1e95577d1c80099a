import { InvalidArgumentError } from "@millrace/base";
import {
  checkFlags,
  checkNeuron,
  checkNeuronCount,
  checkSpikeIds,
  checkTimestep,
  checkWeight,
  eventBytes,
  isAscending,
  sortedIds,
} from "./check-entry.ts";
import { checkFirst } from "./columns/behavior-columns.ts";
import { checkNumbers, checkSingle } from "./columns/series.ts";
import type { EpisodeColumns } from "./episode-columns.ts";
import { FlagStage } from "./flag-stage.ts";
import type { EpisodeStatus } from "./format.ts";
import type { EpisodeEnd, LogEntry, WeightChange } from "./log-entry.ts";
import type { SinkGroup } from "./sinks/run-sink.ts";

/** Takes the steps of one episode, each whole or not at all. */
export class EpisodeWriter {
  readonly id: number;
  /** When it began, in seconds since 1970. */
  readonly startTime: number = Date.now() / 1000;
  readonly columns: EpisodeColumns;
  readonly #group: SinkGroup;
  readonly #neurons: number;
  readonly #samplingRate: number;
  readonly #deep: boolean;
  /** The flags of the step that is being logged, behind those of some before. */
  #stage: FlagStage | undefined;
  #steps = 0;
  #lastTimestep = -1;

  constructor(id: number, group: SinkGroup, columns: EpisodeColumns) {
    this.id = id;
    this.columns = columns;
    this.#group = group;
    this.#neurons = columns.neurons;
    this.#samplingRate = columns.options.neuralSamplingRate;
    this.#deep = columns.options.validation;
    group.setAttribute("status", "running" satisfies EpisodeStatus);
    group.setAttribute("n_steps", 0n);
    group.setAttribute("start_time", this.startTime);
  }

  /** Time steps that were logged. */
  get steps(): number {
    return this.#steps;
  }

  /** The last time step, -1 before the first. */
  get lastTimestep(): number {
    return this.#lastTimestep;
  }

  /** Appends one time step; when it throws InvalidArgumentError nothing of it was stored. */
  log(entry: LogEntry): void {
    const { timestep, neuralState, spikes, spikeIds, behavior, reward, weightChange, event } = entry;
    const { columns } = this;
    checkTimestep(timestep, this.#lastTimestep);
    const isSampled = neuralState !== undefined && timestep % this.#samplingRate === 0;
    // Whatever can be refused comes before anything is appended, so that no half of an entry stays behind.
    if (neuralState !== undefined) this.#checkState(timestep, neuralState, isSampled);
    if (spikes !== undefined) this.#checkSpikes(timestep, spikes, spikeIds);
    else if (spikeIds !== undefined && this.#deep)
      checkSpikeIds(timestep, spikeIds, 0, spikeIds.length, this.#neurons);
    if (reward !== undefined)
      checkSingle("reward", timestep, reward, columns.options.fields.reward, this.#deep);
    if (behavior !== undefined) this.#checkBehavior(timestep, behavior);
    if (weightChange !== undefined) this.#checkWeights(timestep, weightChange);
    const eventJson = event === undefined ? undefined : eventBytes(timestep, event);

    if (isSampled && (columns.sampler?.keeps(timestep, neuralState) ?? true)) {
      columns.states.append(timestep, neuralState);
      columns.sampler?.kept(timestep);
    }
    if (spikes !== undefined) columns.spikes.appendStaged(timestep, this.#stage!);
    else if (spikeIds !== undefined) this.#appendIds(timestep, spikeIds);
    if (reward !== undefined) columns.rewards.append(timestep, reward);
    if (behavior !== undefined) columns.behavior.append(timestep, behavior);
    if (weightChange !== undefined) this.#appendWeights(timestep, weightChange);
    if (eventJson !== undefined) columns.events.append(timestep, eventJson);
    this.#lastTimestep = timestep;
    this.#steps++;
  }

  /** Counts steps that a block has stored. */
  advance(lastTimestep: number, steps: number): void {
    this.#lastTimestep = lastTimestep;
    this.#steps += steps;
  }

  /** Hands everything on, for a checkpoint between two steps. */
  flush(): void {
    this.columns.flush();
    this.#group.setAttribute("n_steps", BigInt(this.#steps));
    this.#group.setAttribute("n_spikes", BigInt(this.columns.spikeCount));
  }

  /** Writes what is buffered and how the episode ended. */
  finish(status: EpisodeStatus, { success, summary }: EpisodeEnd = {}): void {
    this.columns.finish();
    const group = this.#group;
    group.setAttribute("status", status);
    group.setAttribute("n_steps", BigInt(this.#steps));
    group.setAttribute("n_spikes", BigInt(this.columns.spikeCount));
    group.setAttribute("end_time", Date.now() / 1000);
    if (success !== undefined) group.setAttribute("success", success ? 1n : 0n);
    if (summary !== undefined) group.writeText("summary", JSON.stringify(summary));
    group.close();
  }

  #checkState(timestep: number, state: ArrayLike<number>, isSampled: boolean): void {
    checkNeuronCount("neuralState", timestep, state.length, this.#neurons);
    // Values of states that are not kept are not looked at.
    if (isSampled)
      checkNumbers("neuralState", timestep, state, this.columns.options.fields.neuralState, this.#deep);
  }

  #checkSpikes(
    timestep: number,
    spikes: NonNullable<LogEntry["spikes"]>,
    spikeIds: LogEntry["spikeIds"],
  ): void {
    checkNeuronCount("spikes", timestep, spikes.length, this.#neurons);
    // Runs that give ids have no use for it.
    this.#stage ??= new FlagStage(this.#neurons);
    if (!(spikes instanceof Uint8Array)) this.#stage.putTruthy(spikes);
    else if (!this.#stage.put(spikes)) {
      if (this.#deep) checkFlags(timestep, spikes);
      this.#stage.putTruthy(spikes);
    }
    if (spikeIds === undefined) return;
    const found = "spikes and spikeIds";
    throw new InvalidArgumentError("SNN_FIELD_TWICE", `spikes at step ${timestep}`, found, "one of the two");
  }

  #checkBehavior(timestep: number, behavior: NonNullable<LogEntry["behavior"]>): void {
    const existing = this.columns.existingBehavior;
    if (existing !== undefined) {
      existing.check(timestep, behavior, this.#deep);
      return;
    }
    const fields = this.columns.options.fields.behavior;
    for (const [name, value] of Object.entries(behavior)) {
      if (value !== undefined) checkFirst(timestep, name, value, fields.get(name), this.#deep);
    }
  }

  #checkWeights(timestep: number, given: WeightChange | readonly WeightChange[]): void {
    if (!this.#deep) return;
    for (const change of listOf(given)) {
      checkNeuron("weightChange.source", timestep, change.source, this.#neurons);
      checkNeuron("weightChange.target", timestep, change.target, this.#neurons);
      checkWeight("weightChange.oldWeight", timestep, change.oldWeight);
      checkWeight("weightChange.newWeight", timestep, change.newWeight);
    }
  }

  #appendIds(timestep: number, ids: ArrayLike<number>): void {
    const { spikes } = this.columns;
    if (isAscending(ids, 0, ids.length)) spikes.appendIds(timestep, ids);
    else spikes.appendIds(timestep, sortedIds(ids, 0, ids.length));
  }

  #appendWeights(timestep: number, given: WeightChange | readonly WeightChange[]): void {
    for (const change of listOf(given)) this.columns.weights.append(timestep, change);
  }
}

function listOf(given: WeightChange | readonly WeightChange[]): readonly WeightChange[] {
  return Array.isArray(given) ? (given as readonly WeightChange[]) : [given as WeightChange];
}
