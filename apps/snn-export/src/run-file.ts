import { randomBytes } from "node:crypto";
import { isMillraceError } from "@millrace/base";
import { joinPath, makeDurableDirectorySync } from "@millrace/files";
import type { FilledExporterOptions } from "./options.ts";
import { H5wasmSink } from "./sinks/h5wasm-sink.ts";
import { Hdf5Sink } from "./sinks/hdf5-sink.ts";
import { ParquetSink } from "./sinks/parquet-sink.ts";
import type { RunSink } from "./sinks/run-sink.ts";
import { ZarrSink } from "./sinks/zarr-sink.ts";

/** Names that are drawn before we give up; each is one of 16 million for its second. */
const MOST_TRIES = 16;

/**
 * Makes the file of a run, under a name that no other run has: time of start, and a random part for runs that start
 * in the same second.
 * @throws IoError when the directory or the file cannot be made
 */
export function createRunFile(experimentName: string, start: Date, options: FilledExporterOptions): RunSink {
  const { vfs, outputDirectory, durability } = options;
  if (durability === "disk") makeDurableDirectorySync(vfs, outputDirectory);
  else vfs.makeDirectorySync(outputDirectory);
  const stamp = start.toISOString().slice(0, 19).replaceAll(":", "").replace("T", "_");
  for (let tries = 1; ; tries++) {
    const name = `${experimentName}_${stamp}_${randomBytes(3).toString("hex")}${ENDINGS[options.backend]}`;
    const path = joinPath(outputDirectory, name);
    try {
      return openSink(path, options);
    } catch (error) {
      if (tries === MOST_TRIES || !isMillraceError(error, "FILES_EXISTS")) throw error;
    }
  }
}

const ENDINGS = { hdf5: ".h5", h5wasm: ".h5", zarr: ".zarr", parquet: ".parquet" } as const;

function openSink(path: string, options: FilledExporterOptions): RunSink {
  if (options.backend === "hdf5") return new Hdf5Sink(path, options);
  if (options.backend === "h5wasm") return new H5wasmSink(path, options);
  return options.backend === "zarr" ? new ZarrSink(path, options) : new ParquetSink(path, options);
}
