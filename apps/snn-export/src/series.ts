import { InvalidArgumentError } from "@millrace/base";
import { ChunkedDataset, type DatasetPlace } from "./chunked-dataset.ts";
import { guard } from "./h5-file.ts";

/**
 * Values with the time step of each: a group with the datasets `timestep` (n) and `values` (n, or n × width).
 *
 * Every series has its own time steps, so a field that comes late, irregularly or not at all never shifts another.
 */
export class Series<K extends "float32" | "float64"> {
  readonly #timesteps: ChunkedDataset<"int64">;
  readonly #values: ChunkedDataset<K>;
  readonly #width: number | undefined;
  readonly #name: string;
  readonly #row: Float32Array | Float64Array;

  /** @param width - numbers a row; undefined for one plain number */
  constructor(place: DatasetPlace, name: string, kind: K, unit: string, description: string, width?: number) {
    const group = guard(place.path, "write", () => place.group.create_group(name));
    const inside = { ...place, group };
    this.#name = name;
    this.#width = width;
    this.#timesteps = new ChunkedDataset(
      inside,
      "timestep",
      "int64",
      "steps",
      `time step of each row of ${name}`,
    );
    this.#values = new ChunkedDataset(inside, "values", kind, unit, description, width);
    this.#row = kind === "float32" ? new Float32Array(width ?? 1) : new Float64Array(width ?? 1);
  }

  /** Appends one row; its length is the caller's to check with {@link checkWidth}. */
  append(timestep: number, value: number | ArrayLike<number>): void {
    this.#timesteps.pending.push(timestep);
    if (typeof value === "number") {
      this.#values.pending.push(value);
    } else {
      // One scratch row makes any array-like of numbers a typed array of the right kind.
      this.#row.set(value);
      const pending = this.#values.pending as { pushMany(source: Float32Array | Float64Array): void };
      pending.pushMany(this.#row);
    }
    this.#timesteps.rowAppended();
    this.#values.rowAppended();
  }

  /** @throws InvalidArgumentError when `value` has not the shape that this series began with */
  checkWidth(timestep: number, value: number | ArrayLike<number>): void {
    const found = typeof value === "number" ? undefined : value.length;
    if (found === this.#width) return;
    const shapeOf = (width: number | undefined): string =>
      width === undefined ? "one number" : `${width} numbers`;
    throw new InvalidArgumentError(
      "SNN_FIELD_SHAPE",
      `${this.#name} at step ${timestep}`,
      shapeOf(found),
      `${shapeOf(this.#width)}, as at its first step`,
    );
  }

  finish(): void {
    this.#timesteps.finish();
    this.#values.finish();
  }
}
