import type { ElementKind, TypedArrayOf } from "@millrace/buffers";
import { type ZarrArray, type ZarrCompression, type ZarrGroup, ZarrWriter } from "@millrace/columnar";
import type { Vfs } from "@millrace/files";
import type { FilledExporterOptions } from "../options.ts";
import type { RunSink, SinkColumn, SinkColumnSpec, SinkGroup, SinkValue } from "./run-sink.ts";

/** Writes a Zarr 3 store: a directory with the same tree. Its arrays are as of the last checkpoint, one by one. */
export class ZarrSink implements RunSink {
  readonly path: string;
  readonly root: SinkGroup;
  readonly isBehind = false;
  readonly #vfs: Vfs;
  readonly #writer: ZarrWriter;

  /** @throws IoError `FILES_EXISTS` and others */
  constructor(
    path: string,
    options: Pick<FilledExporterOptions, "vfs" | "durability" | "compression" | "compressionLevel">,
  ) {
    const { vfs, durability } = options;
    this.path = path;
    this.#vfs = vfs;
    this.#writer = ZarrWriter.createSync(vfs, path, { durability, checkpointBytes: 0 });
    this.root = new ZarrSinkGroup(this.#writer.root, compressionOf(options));
  }

  async drain(): Promise<void> {}

  checkpoint(): void {
    this.#writer.checkpointSync();
  }

  close(): void {
    this.#writer.closeSync();
  }

  discard(): void {
    try {
      this.#writer.closeSync();
    } catch {
      // What could not be written is being thrown away; the error that brought us here is the one to report.
    }
    if (this.#vfs.existsSync(this.path)) this.#vfs.removeSync(this.path, { recursive: true });
  }
}

class ZarrSinkGroup implements SinkGroup {
  readonly #group: ZarrGroup;
  readonly #compression: ZarrCompression | "none";

  constructor(group: ZarrGroup, compression: ZarrCompression | "none") {
    this.#group = group;
    this.#compression = compression;
  }

  createGroup(name: string): SinkGroup {
    return new ZarrSinkGroup(this.#group.createGroup(name), this.#compression);
  }

  createColumn<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>): SinkColumn<K> {
    const { kind, width, chunkRows, unit, description } = spec;
    const compression = this.#compression;
    const rowShape = width === undefined ? [] : [width];
    const array = this.#group.createDataset<ElementKind>(name, { kind, rowShape, chunkRows, compression });
    array.setAttribute("units", unit);
    array.setAttribute("description", description);
    return new ZarrSinkColumn<K>(array);
  }

  writeRows<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>, rows: TypedArrayOf<K>): void {
    const { width, unit, description } = spec;
    const shape = width === undefined ? [rows.length] : [rows.length / width, width];
    const array = this.#group.writeDatasetSync(name, rows, shape);
    array.setAttribute("units", unit);
    array.setAttribute("description", description);
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

class ZarrSinkColumn<K extends ElementKind> implements SinkColumn<K> {
  readonly #array: ZarrArray<ElementKind>;

  constructor(array: ZarrArray<ElementKind>) {
    this.#array = array;
  }

  append(rows: TypedArrayOf<K>): void {
    this.#array.appendSync(rows as never);
  }
}

function compressionOf({
  compression,
  compressionLevel,
}: Pick<FilledExporterOptions, "compression" | "compressionLevel">): ZarrCompression | "none" {
  if (compression === "gzip") return { gzip: compressionLevel };
  return compression === "zstd" ? { zstd: compressionLevel } : "none";
}
