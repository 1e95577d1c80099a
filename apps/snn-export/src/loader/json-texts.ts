import {
  damaged,
  parseJson,
  readNumbers,
  requireColumn,
  type TreeColumn,
  type TreeGroup,
} from "./run-tree.ts";

/** Reads `{json, ends}`: JSON texts one after another, and where each ends. */
export class JsonTexts {
  readonly #json: TreeColumn;
  readonly #ends: TreeColumn;

  constructor(group: TreeGroup) {
    this.#json = requireColumn(group, "json");
    this.#ends = requireColumn(group, "ends");
  }

  get rows(): number {
    return this.#ends.rows;
  }

  /** The values of texts [start, stop); an empty text is undefined. @throws CorruptDataError */
  read(start: number, stop: number): unknown[] {
    if (start === stop) return [];
    const ends = readNumbers(this.#ends, start, stop);
    const first = start === 0 ? 0 : readNumbers(this.#ends, start - 1, start)[0]!;
    let last = first;
    for (const end of ends) {
      if (!(end >= last && end <= this.#json.rows))
        throw damaged(this.#ends, `a text ends at ${end}, behind ${last}, in ${this.#json.rows} bytes`);
      last = end;
    }
    const bytes = this.#json.read(first, last);
    if (!(bytes instanceof Uint8Array))
      throw damaged(this.#json, `it holds ${this.#json.elements}, not bytes`);
    const decoder = new TextDecoder();
    return Array.from(ends, (end, i) => {
      const text = decoder.decode(bytes.subarray((ends[i - 1] ?? first) - first, end - first));
      return text === "" ? undefined : parseJson(this.#json, text);
    });
  }
}
