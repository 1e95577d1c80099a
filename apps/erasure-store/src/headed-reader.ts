import type { ForwardReader } from "./segments.ts";

/** What was read to see whether the object is small, then the rest. */
export class HeadedReader implements ForwardReader {
  readonly #rest: ForwardReader;
  #head: Uint8Array;

  constructor(head: Uint8Array, rest: ForwardReader) {
    this.#head = head;
    this.#rest = rest;
  }

  async read(into: Uint8Array): Promise<number> {
    const part = this.#head.subarray(0, into.length);
    into.set(part);
    this.#head = this.#head.subarray(part.length);
    if (part.length === into.length) return part.length;
    return part.length + (await this.#rest.read(into.subarray(part.length)));
  }
}
