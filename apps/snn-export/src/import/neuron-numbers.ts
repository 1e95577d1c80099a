import { InvalidArgumentError } from "@millrace/base";
import type { DataExporter } from "../exporter.ts";
import type { SpikeFile } from "./spike-file.ts";

/** Ids from here on are not taken for neurons' numbers: a file with few neurons would claim many. */
const MOST_PLAIN_IDS = 1 << 22;

/** The numbers of neurons, from 0 on, and what the file called them. */
export class NeuronNumbers {
  readonly count: number;
  readonly #ids: Float64Array | undefined;
  readonly #numbers: ReadonlyMap<number, number> | undefined;

  constructor({ populations }: SpikeFile, highestId: number) {
    this.#ids = populations[0]!.ids ?? (highestId < MOST_PLAIN_IDS ? undefined : distinctIds(populations));
    this.count = Math.max(1, this.#ids?.length ?? highestId + 1);
    if (this.#ids !== undefined) this.#numbers = new Map(Array.from(this.#ids, (id, i) => [id, i]));
    if (this.#numbers !== undefined && this.#numbers.size !== this.#ids?.length) {
      throw new InvalidArgumentError("SNN_IMPORT_DATA", "ids of units", "an id twice", "each id once");
    }
  }

  of(id: number): number {
    return this.#numbers === undefined ? id : this.#numbers.get(id)!;
  }

  /** Stores the file's own ids, where they are not the numbers: the column `id` of the table of neurons. */
  save(exporter: DataExporter): void {
    const ids = this.#ids;
    if (ids === undefined || ids.length === 0) return;
    const none = new Uint32Array(0);
    exporter.saveNetworkStructure(
      { id: ids },
      { source: none, target: none },
      {
        indptr: new Uint32Array(ids.length + 1),
        indices: none,
        data: new Float64Array(0),
        shape: [ids.length, ids.length],
      },
    );
  }
}

function distinctIds(populations: SpikeFile["populations"]): Float64Array {
  const ids = new Set<number>();
  for (const population of populations) {
    for (const rows of population.rows()) for (const id of rows.ids) ids.add(id);
  }
  return Float64Array.from(ids).sort();
}
