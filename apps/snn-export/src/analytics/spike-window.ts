import { type GrowableUint32, newGrowable } from "@millrace/buffers";
import { countKind, neuronKind } from "../columns/spike-columns.ts";

/** The spikes of the last so many rows. */
export class SpikeWindow {
  readonly #rows: number;
  readonly #timesteps = newGrowable("float64");
  // Of the kinds in which the columns hold them, so that a batch is copied in one go.
  readonly #counts: Pick<GrowableUint32, "pushMany" | "view" | "clear">;
  readonly #ids: Pick<GrowableUint32, "pushMany" | "view" | "clear">;

  /** @param rows - how many are kept; up to twice as many are held */
  constructor(rows: number, neurons: number) {
    this.#rows = rows;
    this.#counts = newGrowable(countKind(neurons)) as GrowableUint32;
    this.#ids = newGrowable(neuronKind(neurons)) as GrowableUint32;
  }

  /** Takes rows in, as `SpikeStatistics.add` does. */
  add(
    timesteps: Float64Array,
    counts: Uint8Array | Uint16Array | Uint32Array,
    ids: Uint16Array | Uint32Array,
  ): void {
    const rows = timesteps.length;
    // Of a batch that is longer than the window only the end matters.
    const skipped = Math.max(0, rows - this.#rows);
    if (skipped > 0) this.#clear();
    this.#timesteps.pushMany(timesteps, skipped);
    this.#counts.pushMany(counts as Uint32Array, skipped);
    this.#ids.pushMany(ids as Uint32Array, sumOf(counts, skipped));
    if (this.#timesteps.length > 2 * this.#rows) this.#trim();
  }

  /** Time step and neuron of each spike in the window. */
  raster(): { timesteps: Float64Array; ids: Uint32Array } {
    if (this.#timesteps.length > this.#rows) this.#trim();
    const counts = this.#counts.view();
    const ids = Uint32Array.from(this.#ids.view());
    const timesteps = new Float64Array(ids.length);
    let at = 0;
    for (const [row, timestep] of this.#timesteps.view().entries()) {
      timesteps.fill(timestep, at, at + counts[row]!);
      at += counts[row]!;
    }
    return { timesteps, ids };
  }

  #trim(): void {
    const from = this.#timesteps.length - this.#rows;
    const timesteps = this.#timesteps.view(from).slice();
    const ids = this.#ids.view(sumOf(this.#counts.view(), from)).slice();
    const counts = this.#counts.view(from).slice();
    this.#clear();
    this.#timesteps.pushMany(timesteps);
    this.#counts.pushMany(counts);
    this.#ids.pushMany(ids);
  }

  #clear(): void {
    this.#timesteps.clear();
    this.#counts.clear();
    this.#ids.clear();
  }
}

/** The sum of the first `end` counts. */
function sumOf(counts: ArrayLike<number>, end: number): number {
  let sum = 0;
  for (let i = 0; i < end; i++) sum += counts[i]!;
  return sum;
}
