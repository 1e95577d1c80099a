import { bytesPerElement, type ElementKind, type GrowableOf, newGrowable } from "@millrace/buffers";
import type { Dataset, Group } from "h5wasm/node";
import { guard, writeAttribute } from "./h5-file.ts";
import type { ExporterOptions } from "./options.ts";

/** h5wasm's names for the kinds, little-endian. */
const DTYPES: Readonly<Record<ElementKind, string>> = {
  uint8: "<B",
  int8: "<b",
  uint16: "<H",
  int16: "<h",
  uint32: "<I",
  int32: "<i",
  float32: "<f",
  float64: "<d",
  int64: "<q",
  uint64: "<Q",
};

/** What a dataset needs to know of its file. */
export interface DatasetPlace {
  readonly group: Group;
  readonly path: string;
  readonly options: Required<ExporterOptions>;
}

/**
 * A dataset that grows by whole chunks: rows wait in a buffer until a chunk is full, so that the filter sees each
 * chunk once. What is left is written by `finish`, and the dataset is then exactly as long as what was appended.
 */
export class ChunkedDataset<K extends ElementKind> {
  /** Rows that wait for their chunk; append whole rows to it, then call {@link rowAppended}. */
  readonly pending: GrowableOf<K>;
  readonly #dataset: Dataset;
  readonly #path: string;
  readonly #rowLength: number | undefined;
  readonly #chunkElements: number;
  #writtenRows = 0;

  /** @param rowLength - elements in a row of a 2-D dataset; undefined for a 1-D one */
  constructor(
    place: DatasetPlace,
    name: string,
    kind: K,
    unit: string,
    description: string,
    rowLength?: number,
  ) {
    const { compression, compressionLevel, chunkBytes } = place.options;
    const width = rowLength ?? 1;
    const rowsPerChunk = Math.max(1, Math.floor(chunkBytes / (width * bytesPerElement(kind))));
    this.#path = place.path;
    this.#rowLength = rowLength;
    this.#chunkElements = rowsPerChunk * width;
    this.pending = newGrowable(kind, { initialCapacity: Math.min(this.#chunkElements, 1024) });
    this.#dataset = guard(place.path, "write", () =>
      place.group.create_dataset({
        name,
        data: this.pending.view(),
        dtype: DTYPES[kind],
        shape: this.#shape(0),
        maxshape: rowLength === undefined ? [null] : [null, rowLength],
        chunks: this.#shape(rowsPerChunk),
        ...(compression === "gzip"
          ? { compression: "gzip" as const, compression_opts: [compressionLevel] }
          : {}),
      }),
    );
    writeAttribute(this.#dataset, "units", unit);
    writeAttribute(this.#dataset, "description", description);
  }

  /** Rows appended so far, written or not. */
  get rowCount(): number {
    return this.#writtenRows + this.pending.length / (this.#rowLength ?? 1);
  }

  /** Writes the pending rows when they fill a chunk. */
  rowAppended(): void {
    if (this.pending.length >= this.#chunkElements) this.#write();
  }

  /** Writes what is left. */
  finish(): void {
    if (this.pending.length > 0) this.#write();
  }

  #write(): void {
    const width = this.#rowLength ?? 1;
    const start = this.#writtenRows;
    const end = start + this.pending.length / width;
    guard(this.#path, "write", () => {
      this.#dataset.resize(this.#shape(end));
      const rows = [start, end] as [number, number];
      const ranges = this.#rowLength === undefined ? [rows] : [rows, [0, width] as [number, number]];
      this.#dataset.write_slice(ranges, this.pending.view());
    });
    this.#writtenRows = end;
    this.pending.clear();
  }

  #shape(rows: number): number[] {
    return this.#rowLength === undefined ? [rows] : [rows, this.#rowLength];
  }
}
