import { randomBytes } from "node:crypto";
import { isMillraceError } from "@millrace/base";
import { joinPath, makeDurableDirectorySync } from "@millrace/files";
import type { Backend } from "./backend.ts";
import type { FilledExporterOptions } from "./options.ts";
import { Hdf5Sink } from "./sinks/hdf5-sink.ts";
import { ParquetSink } from "./sinks/parquet-sink.ts";
import type { RunSink } from "./sinks/run-sink.ts";
import { ZarrSink } from "./sinks/zarr-sink.ts";

/** Names that are drawn before we give up; each is one of 16 million for its second. */
const MOST_TRIES = 16;

/**
 * Makes the file of a run, under a name that no other run has: time of start, and a random part for runs that start
 * in the same second.
 * @param open - makes the file, or throws `FILES_EXISTS`
 * @throws IoError when the directory or the file cannot be made
 */
export function createRunFile(
  experimentName: string,
  start: Date,
  ending: string,
  { vfs, outputDirectory, durability }: Pick<FilledExporterOptions, "vfs" | "outputDirectory" | "durability">,
  open: (path: string) => RunSink,
): RunSink {
  if (durability === "disk") makeDurableDirectorySync(vfs, outputDirectory);
  else vfs.makeDirectorySync(outputDirectory);
  const stamp = start.toISOString().slice(0, 19).replaceAll(":", "").replace("T", "_");
  for (let tries = 1; ; tries++) {
    const name = `${experimentName}_${stamp}_${randomBytes(3).toString("hex")}${ending}`;
    try {
      return open(joinPath(outputDirectory, name));
    } catch (error) {
      if (tries === MOST_TRIES || !isMillraceError(error, "FILES_EXISTS")) throw error;
    }
  }
}

/** The sink that the option `backend` names, in a file or directory of the run's own. */
export function openBackend(experimentName: string, start: Date, options: FilledExporterOptions): RunSink {
  const { ending, open } = BACKEND_SINKS[options.backend];
  return createRunFile(experimentName, start, ending, options, (path) => open(path, options));
}

interface BackendSink {
  readonly ending: string;
  readonly open: (path: string, options: FilledExporterOptions) => RunSink;
}

const BACKEND_SINKS: Readonly<Record<Backend, BackendSink>> = {
  hdf5: { ending: ".h5", open: (path, options) => new Hdf5Sink(path, options) },
  zarr: { ending: ".zarr", open: (path, options) => new ZarrSink(path, options) },
  parquet: { ending: ".parquet", open: (path, options) => new ParquetSink(path, options) },
};
