import type { EventChunk } from "./event-rows.ts";

/** The size of a sensor that nothing tells: as large as the events read so far need. */
export class SeenSize {
  #largestX = -1;
  #largestY = -1;

  /** One more than the largest column; undefined before the first event. */
  get width(): number | undefined {
    return this.#largestX < 0 ? undefined : this.#largestX + 1;
  }

  /** As {@link width}, of rows. */
  get height(): number | undefined {
    return this.#largestY < 0 ? undefined : this.#largestY + 1;
  }

  /** Passes chunks on, and keeps their largest coordinates. */
  async *follow(chunks: AsyncIterable<EventChunk>): AsyncGenerator<EventChunk, void, undefined> {
    for await (const chunk of chunks) {
      const { x, y } = chunk.columns;
      this.#largestX = largestOf(x, chunk.rowCount, this.#largestX);
      this.#largestY = largestOf(y, chunk.rowCount, this.#largestY);
      yield chunk;
    }
  }
}

function largestOf(values: Uint16Array, count: number, atLeast: number): number {
  let largest = atLeast;
  for (let i = 0; i < count; i++) if (values[i]! > largest) largest = values[i]!;
  return largest;
}
