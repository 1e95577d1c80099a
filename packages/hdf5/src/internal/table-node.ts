import { InvalidArgumentError } from "@millrace/base";
import type { TypedArray } from "@millrace/buffers";
import type { Hdf5Table, TableColumns, TableRows } from "../table.ts";
import { type DatasetPlan, tablePlan } from "./dataset-plan.ts";
import { encodeDatatype } from "./datatype.ts";
import type { FileContext } from "./file-context.ts";
import { readStoredRows } from "./read-dataset.ts";
import { readObjectHeader } from "./read-object.ts";
import { RowsNode } from "./rows-node.ts";
import { orderColumns } from "./table-columns.ts";
import { interleave, layOutTable, type TableLayout } from "./table-layout.ts";

/** Rows that are put together at a time; little enough to stay in the cache. */
const ROWS_AT_A_TIME = 1024;

/** A table that grows by rows. In memory it is bytes, a row after the other, as in the file. */
export class TableNode<C extends TableColumns> extends RowsNode implements Hdf5Table<C> {
  readonly columns: C;
  readonly #layout: TableLayout;
  /** Zeros between the values. */
  readonly #scratch: Uint8Array<ArrayBuffer>;

  constructor(path: string, context: FileContext, columns: C, plan: DatasetPlan) {
    super(path, context, plan);
    this.columns = Object.freeze({ ...columns });
    this.#layout = layOutTable(columns);
    this.#scratch = new Uint8Array(ROWS_AT_A_TIME * this.#layout.rowBytes);
  }

  /** Reads a table as the file has it. @throws InvalidArgumentError `HDF5_KIND_OTHER` when it is something else */
  static read<C extends TableColumns>(
    path: string,
    context: FileContext,
    address: number,
    columns: C,
  ): TableNode<C> {
    const messages = readObjectHeader(context.output.file, address);
    const stored = readStoredRows(messages);
    const plan = tablePlan(columns);
    if (stored === undefined || Buffer.compare(encodeDatatype(plan.type), stored.datatype) !== 0) {
      throw new InvalidArgumentError(
        "HDF5_KIND_OTHER",
        path,
        "another table, or no table",
        `a table of ${Object.keys(columns).join(", ")}`,
      );
    }
    const { chunkRows, filters } = stored;
    const node = new TableNode(path, context, columns, { ...plan, chunkRows, filters });
    node.resume(messages, stored);
    return node;
  }

  /** Whether these are the table's columns, in their order. */
  hasColumns(columns: TableColumns): boolean {
    const own = encodeDatatype(this.plan.type);
    return Buffer.compare(encodeDatatype(tablePlan(columns).type), own) === 0;
  }

  async append(given: TableRows<C>): Promise<void> {
    this.checkOpen();
    const { values, rows } = this.#order(given);
    const bytes = new Uint8Array(rows * this.#layout.rowBytes);
    interleave(this.#layout, values, 0, rows, bytes.buffer);
    return this.appendValues(bytes);
  }

  appendSync(given: TableRows<C>): void {
    const { values, rows } = this.#order(given);
    const { rowBytes } = this.#layout;
    if (rows === 0) this.checkOpen();
    for (let from = 0; from < rows; from += ROWS_AT_A_TIME) {
      const end = Math.min(rows, from + ROWS_AT_A_TIME);
      interleave(this.#layout, values, from, end, this.#scratch.buffer);
      this.appendValuesSync(this.#scratch.subarray(0, (end - from) * rowBytes));
    }
  }

  #order(given: TableRows<C>): ReturnType<typeof orderColumns> {
    return orderColumns(this.#layout, given as Readonly<Record<string, TypedArray>>, this.path);
  }
}
