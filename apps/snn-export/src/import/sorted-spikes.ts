import { CapacityError } from "@millrace/base";
import type { SpikePopulation, SpikeRows } from "./spike-file.ts";
import { ROWS_AT_A_TIME } from "./spike-file.ts";

/** Time, id and place of a spike, and what sorting takes. */
const BYTES_PER_SPIKE = 32;

/**
 * The spikes of a population, ascending in time: as they come where they are sorted, else sorted in memory.
 * @throws CapacityError when they must be sorted and are too many
 */
export function* sortedSpikes(
  population: SpikePopulation,
  isSorted: boolean,
  memoryBytes: number,
): Generator<SpikeRows, void> {
  if (isSorted) {
    yield* population.rows();
    return;
  }
  const { spikes, name } = population;
  if (spikes * BYTES_PER_SPIKE > memoryBytes) {
    const what = `sorting the ${spikes} spikes of ${name} by time; the option memoryBytes (--memory) is the limit`;
    throw new CapacityError("SNN_IMPORT_LIMIT", what, spikes * BYTES_PER_SPIKE, memoryBytes);
  }
  const times = new Float64Array(spikes);
  const ids = new Float64Array(spikes);
  let at = 0;
  for (const rows of population.rows()) {
    times.set(rows.times, at);
    ids.set(rows.ids, at);
    at += rows.times.length;
  }
  const order = Uint32Array.from({ length: spikes }, (_, i) => i).sort(
    (a, b) => times[a]! - times[b]! || a - b,
  );
  for (let start = 0; start < spikes; start += ROWS_AT_A_TIME) {
    const part = order.subarray(start, start + ROWS_AT_A_TIME);
    yield {
      times: Float64Array.from(part, (i) => times[i]!),
      ids: Float64Array.from(part, (i) => ids[i]!),
    };
  }
}
