import { type ZarrCompression, ZarrWriter } from "@millrace/columnar";
import type { Vfs } from "@millrace/files";
import type { FilledExporterOptions } from "../options.ts";
import { DatasetGroup } from "./dataset-group.ts";
import type { RunSink, SinkGroup } from "./run-sink.ts";

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
    this.root = new DatasetGroup(this.#writer.root, compressionOf(options));
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

function compressionOf({
  compression,
  compressionLevel,
}: Pick<FilledExporterOptions, "compression" | "compressionLevel">): ZarrCompression | "none" {
  if (compression === "gzip") return { gzip: compressionLevel };
  return compression === "zstd" ? { zstd: compressionLevel } : "none";
}
