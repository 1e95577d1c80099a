import type { SinkGroup } from "./sinks/run-sink.ts";

/** What the file says of one field. */
export interface SchemaField {
  /** The kind of its values; "json" for events. */
  readonly dtype: string;
  /** Shape of the values of one step. */
  readonly shape: readonly number[];
  readonly unit: string;
  /** Every how manieth step is kept. */
  readonly sampling: number;
}

/** The fields that were logged so far: the root attribute `schema`, as JSON. */
export class Schema {
  readonly #fields = new Map<string, SchemaField>();
  #isSaved = false;

  add(name: string, field: SchemaField): void {
    if (this.#fields.has(name)) return;
    this.#fields.set(name, field);
    this.#isSaved = false;
  }

  /** Writes it, where it has changed. */
  save(root: SinkGroup): void {
    if (this.#isSaved) return;
    root.setAttribute("schema", JSON.stringify(Object.fromEntries(this.#fields)));
    this.#isSaved = true;
  }
}
