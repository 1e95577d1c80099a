import { existsSync } from "node:fs";
import { type ElementKind, newTypedArray, type TypedArrayOf } from "@millrace/buffers";
import { diskVfs } from "@millrace/files";
import type { Dataset, File, Group } from "h5wasm/node";
import { createH5File, guard, writeAttribute } from "../h5-file.ts";
import type { FilledExporterOptions } from "../options.ts";
import type { RunSink, SinkColumn, SinkColumnSpec, SinkGroup, SinkValue } from "./run-sink.ts";

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

/** What all groups of a file share. */
interface Place {
  readonly path: string;
  readonly options: FilledExporterOptions;
}

/**
 * Writes through the real libhdf5 in WebAssembly: for comparison and debugging. A checkpoint hands everything to the
 * kernel, but a process that is killed between two of them may leave a file that libhdf5 refuses.
 */
export class H5wasmSink implements RunSink {
  readonly path: string;
  readonly root: SinkGroup;
  readonly isBehind = false;
  readonly #file: File;
  readonly #options: FilledExporterOptions;
  #isClosed = false;

  /** @throws IoError when the file is there already or cannot be made */
  constructor(path: string, options: FilledExporterOptions) {
    this.path = path;
    this.#options = options;
    this.#file = createH5File(path);
    this.root = new H5wasmGroup({ path, options }, this.#file);
    this.checkpoint();
  }

  async drain(): Promise<void> {}

  checkpoint(): void {
    guard(this.path, "write", () => this.#file.flush());
    this.#sync();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    guard(this.path, "write", () => {
      this.#file.flush();
      this.#file.close();
    });
    this.#sync();
  }

  discard(): void {
    try {
      if (!this.#isClosed) this.#file.close();
    } catch {
      // libhdf5 may fail to flush what is being thrown away; the error that brought us here is the one to report.
    }
    this.#isClosed = true;
    if (existsSync(this.path)) diskVfs.removeSync(this.path);
  }

  #sync(): void {
    if (this.#options.durability !== "disk") return;
    const file = diskVfs.openSync(this.path, "r+");
    try {
      file.syncSync();
    } finally {
      file.closeSync();
    }
  }
}

class H5wasmGroup implements SinkGroup {
  readonly #place: Place;
  readonly #group: Group;

  constructor(place: Place, group: Group) {
    this.#place = place;
    this.#group = group;
  }

  createGroup(name: string): SinkGroup {
    return guard(this.#place.path, "write", () => {
      return new H5wasmGroup(this.#place, this.#group.create_group(name));
    });
  }

  createColumn<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>): SinkColumn<K> {
    const { kind, width, chunkRows, unit, description } = spec;
    const { compression, compressionLevel } = this.#place.options;
    const dataset = guard(this.#place.path, "write", () =>
      this.#group.create_dataset({
        name,
        data: newTypedArray(kind, 0),
        dtype: DTYPES[kind],
        shape: shapeOf(0, width),
        maxshape: width === undefined ? [null] : [null, width],
        chunks: shapeOf(chunkRows, width),
        ...(compression === "gzip"
          ? { compression: "gzip" as const, compression_opts: [compressionLevel] }
          : {}),
      }),
    );
    guard(this.#place.path, "write", () => {
      writeAttribute(dataset, "units", unit);
      writeAttribute(dataset, "description", description);
    });
    return new H5wasmColumn<K>(this.#place.path, dataset, width);
  }

  writeRows<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>, rows: TypedArrayOf<K>): void {
    const { kind, width, unit, description } = spec;
    guard(this.#place.path, "write", () => {
      const shape = shapeOf(rows.length / (width ?? 1), width);
      const dataset = this.#group.create_dataset({ name, data: rows, dtype: DTYPES[kind], shape });
      writeAttribute(dataset, "units", unit);
      writeAttribute(dataset, "description", description);
    });
  }

  setAttribute(name: string, value: SinkValue): void {
    guard(this.#place.path, "write", () => {
      if (Object.hasOwn(this.#group.attrs, name)) this.#group.delete_attribute(name);
      writeAttribute(this.#group, name, value);
    });
  }

  writeText(name: string, text: string): void {
    guard(this.#place.path, "write", () => this.#group.create_dataset({ name, data: text }));
  }

  /** libhdf5 counts its objects by itself. */
  close(): void {}
}

class H5wasmColumn<K extends ElementKind> implements SinkColumn<K> {
  readonly #path: string;
  readonly #dataset: Dataset;
  readonly #width: number | undefined;
  #rows = 0;

  constructor(path: string, dataset: Dataset, width: number | undefined) {
    this.#path = path;
    this.#dataset = dataset;
    this.#width = width;
  }

  append(values: TypedArrayOf<K>): void {
    if (values.length === 0) return;
    const width = this.#width;
    const start = this.#rows;
    const end = start + values.length / (width ?? 1);
    guard(this.#path, "write", () => {
      this.#dataset.resize(shapeOf(end, width));
      const rows = [start, end] as [number, number];
      this.#dataset.write_slice(width === undefined ? [rows] : [rows, [0, width]], values);
    });
    this.#rows = end;
  }
}

function shapeOf(rows: number, width: number | undefined): number[] {
  return width === undefined ? [rows] : [rows, width];
}
