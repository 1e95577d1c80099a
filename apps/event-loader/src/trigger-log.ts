import { type ColumnArrays, RecordColumns } from "@millrace/buffers";

/** The columns of external triggers: time in µs, channel, and level (1 rising, 0 falling). */
export type TriggerSchema = { readonly t: "int64"; readonly id: "uint8"; readonly value: "uint8" };

/** Triggers as columns, in the order of the recording. */
export type TriggerColumns = ColumnArrays<TriggerSchema, ArrayBuffer>;

/** Triggers whose values are kept: a file of nothing else must not fill the memory. */
export const KEPT_TRIGGERS = 1_048_576;

/** Collects the triggers of a recording, apart from its events. */
export class TriggerLog {
  readonly #columns = new RecordColumns<TriggerSchema>(
    { t: "int64", id: "uint8", value: "uint8" },
    { initialCapacity: 16 },
  );
  #count = 0;

  /** Triggers seen, kept or not. */
  get count(): number {
    return this.#count;
  }

  /** The first {@link KEPT_TRIGGERS} of them. */
  get columns(): TriggerColumns {
    return this.#columns.view();
  }

  /** @param timeLo - low 32 bits of the time @param timeHi - high 32 bits */
  add(timeLo: number, timeHi: number, id: number, value: number): void {
    if (this.#count++ >= KEPT_TRIGGERS) return;
    const columns = this.#columns;
    columns.reserve(1);
    const { t, id: ids, value: values } = columns.arrays;
    const row = columns.rowCount;
    // Triggers are rare: one bigint each is no matter here.
    t[row] = (BigInt(timeHi) << 32n) | BigInt(timeLo >>> 0);
    ids[row] = id;
    values[row] = value;
    columns.setRowCount(row + 1);
  }
}
