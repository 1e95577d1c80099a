import type { WeightChange } from "../log-entry.ts";
import { neuronKind } from "./spike-columns.ts";
import { type ColumnPlace, StagedColumn } from "./staged-column.ts";
import { TimeRuns } from "./time-runs.ts";

/** Changed synapses, one a row: presynaptic and postsynaptic neuron, weight before and after. */
export class WeightColumns {
  readonly #runs: TimeRuns;
  readonly #sources: StagedColumn<"uint16" | "uint32">;
  readonly #targets: StagedColumn<"uint16" | "uint32">;
  readonly #old: StagedColumn<"float64">;
  readonly #new: StagedColumn<"float64">;
  readonly #observer: ((change: WeightChange) => void) | undefined;

  /** @param observer - is shown each change */
  constructor(outer: ColumnPlace, neurons: number, observer?: (change: WeightChange) => void) {
    this.#observer = observer;
    const place = { ...outer, group: outer.group.createGroup("weight_changes") };
    place.group.setAttribute("encoding", "coo");
    place.group.setAttribute("sorted_by", "timestep");
    const neuron = { kind: neuronKind(neurons), unit: "neuron" };
    const weight = { kind: "float64", unit: "1" } as const;
    this.#runs = new TimeRuns(place);
    this.#sources = new StagedColumn(place, "source", { ...neuron, description: "presynaptic neuron" });
    this.#targets = new StagedColumn(place, "target", { ...neuron, description: "postsynaptic neuron" });
    this.#old = new StagedColumn(place, "old_weight", { ...weight, description: "weight before" });
    this.#new = new StagedColumn(place, "new_weight", { ...weight, description: "weight after" });
  }

  append(timestep: number, change: WeightChange): void {
    this.#runs.append(timestep);
    this.#sources.pending.push(change.source);
    this.#targets.pending.push(change.target);
    this.#old.pending.push(change.oldWeight);
    this.#new.pending.push(change.newWeight);
    for (const column of [this.#sources, this.#targets, this.#old, this.#new]) column.flushIfFull();
    this.#observer?.(change);
  }

  flush(): void {
    for (const column of this.#all()) column.flush();
  }

  finish(): void {
    for (const column of this.#all()) column.finish();
  }

  #all(): { flush(): void; finish(): void }[] {
    return [this.#runs, this.#sources, this.#targets, this.#old, this.#new];
  }
}
