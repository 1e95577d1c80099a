import { IoError } from "@millrace/base";
import type { Vfs } from "@millrace/files";
import { type Hdf5DatasetOptions, Hdf5Writer } from "@millrace/hdf5";
import type { FilledExporterOptions } from "../options.ts";
import { DatasetGroup } from "./dataset-group.ts";
import type { RunSink, SinkGroup } from "./run-sink.ts";

type Compression = NonNullable<Hdf5DatasetOptions<"float64">["compression"]>;

/** Writes through our own HDF5 writer: crash-safe, readable while it grows. */
export class Hdf5Sink implements RunSink {
  readonly path: string;
  readonly root: SinkGroup;
  readonly #vfs: Vfs;
  readonly #writer: Hdf5Writer;
  #removed: IoError | undefined;
  #isClosed = false;

  /**
   * Makes the file, which is valid and empty then.
   * @throws IoError `FILES_EXISTS` and others
   */
  constructor(path: string, options: FilledExporterOptions) {
    this.path = path;
    this.#vfs = options.vfs;
    // Checkpoints come from the recorder, between two steps: one that falls between two columns would tear a step.
    this.#writer = Hdf5Writer.createSync(options.vfs, path, {
      durability: options.durability,
      checkpointBytes: 0,
      threads: options.asyncWrite ? "pool" : "caller",
    });
    this.root = new DatasetGroup(this.#writer.root, compressionOf(options));
  }

  get isBehind(): boolean {
    return this.#writer.isBehind;
  }

  drain(): Promise<void> {
    return this.#writer.drain();
  }

  checkpoint(): void {
    this.#checkThere();
    this.#writer.checkpointSync();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#writer.closeSync();
    this.#checkThere();
  }

  discard(): void {
    this.#isClosed = true;
    try {
      this.#writer.closeSync();
    } catch {
      // What could not be written is being thrown away; the error that brought us here is the one to report.
    }
    if (this.#vfs.existsSync(this.path)) this.#vfs.removeSync(this.path);
  }

  /** A file that lost its name takes bytes without complaint, and all of them are lost when it is closed. */
  #checkThere(): void {
    if (this.#removed === undefined && !this.#vfs.existsSync(this.path)) {
      const problem = "the file or its directory was removed while it was being written; its data are lost";
      this.#removed = new IoError("SNN_FILE_REMOVED", this.path, "stat", problem);
    }
    if (this.#removed !== undefined) throw this.#removed;
  }
}

function compressionOf({ compression, compressionLevel }: FilledExporterOptions): Compression {
  // Level 1 is for speed: it looks for repeated bytes only. From 2 on repeated rows are found too.
  if (compression === "gzip")
    return { deflate: compressionLevel, strategy: compressionLevel === 1 ? "rle" : "default" };
  if (compression === "zstd") return { zstd: compressionLevel };
  return compression === "lzf" ? { lzf: true } : "none";
}
