import type { ElementKind, TypedArrayOf } from "@millrace/buffers";
import type { SinkColumn, SinkColumnSpec, SinkGroup, SinkValue } from "./run-sink.ts";

interface Attributed {
  setAttribute(name: string, value: SinkValue): void;
}

/** What the writers of HDF5 and Zarr have in common. @typeParam C - how a dataset is compressed */
export interface DatasetWriterGroup<C> extends Attributed {
  createGroup(name: string): DatasetWriterGroup<C>;
  createDataset(name: string, options: DatasetOptions<C>): Attributed & { appendSync(rows: never): void };
  writeDatasetSync(
    name: string,
    value: TypedArrayOf<ElementKind> | string,
    options?: { readonly shape?: readonly number[] },
  ): Attributed;
  closeSync(): void;
}

interface DatasetOptions<C> {
  readonly kind: ElementKind;
  readonly rowShape: readonly number[];
  readonly chunkRows: number;
  readonly compression: C;
}

/** A group of a writer of datasets as one of a sink. */
export class DatasetGroup<C> implements SinkGroup {
  readonly #group: DatasetWriterGroup<C>;
  readonly #compression: C;

  /** @param compression - of all columns */
  constructor(group: DatasetWriterGroup<C>, compression: C) {
    this.#group = group;
    this.#compression = compression;
  }

  createGroup(name: string): SinkGroup {
    return new DatasetGroup(this.#group.createGroup(name), this.#compression);
  }

  createColumn<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>): SinkColumn<K> {
    const { kind, width, chunkRows } = spec;
    const rowShape = width === undefined ? [] : [width];
    const options = { kind, rowShape, chunkRows, compression: this.#compression };
    const dataset = this.#group.createDataset(name, options);
    describe(dataset, spec);
    return { append: (rows) => dataset.appendSync(rows as never) };
  }

  writeRows<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>, rows: TypedArrayOf<K>): void {
    const { width } = spec;
    const shape = width === undefined ? [rows.length] : [rows.length / width, width];
    describe(this.#group.writeDatasetSync(name, rows, { shape }), spec);
  }

  setAttribute(name: string, value: SinkValue): void {
    this.#group.setAttribute(name, value);
  }

  writeText(name: string, text: string): void {
    this.#group.writeDatasetSync(name, text);
  }

  close(): void {
    this.#group.closeSync();
  }
}

function describe(dataset: Attributed, { unit, description }: SinkColumnSpec): void {
  dataset.setAttribute("units", unit);
  dataset.setAttribute("description", description);
}
