import { type ColumnPlace, StagedColumn } from "./staged-column.ts";

/**
 * JSON texts one after another (`json`, bytes), and where each ends (`ends`). Both grow like numbers, which strings of
 * variable length do not.
 */
export class JsonColumn {
  readonly #json: StagedColumn<"uint8">;
  readonly #ends: StagedColumn<"int64">;

  constructor(place: ColumnPlace, description: string) {
    this.#json = new StagedColumn(place, "json", { kind: "uint8", unit: "UTF-8", description });
    this.#ends = new StagedColumn(place, "ends", {
      kind: "int64",
      unit: "bytes",
      description: "where in json each text ends",
    });
  }

  /** Appends one text; no bytes stand for no value. */
  append(text: Uint8Array): void {
    const start = this.#json.rowCount;
    this.#json.pending.pushMany(text);
    this.#ends.pending.push(start + text.length);
    this.#json.flushIfFull();
    this.#ends.flushIfFull();
  }

  flush(): void {
    this.#json.flush();
    this.#ends.flush();
  }

  finish(): void {
    this.#json.finish();
    this.#ends.finish();
  }
}
