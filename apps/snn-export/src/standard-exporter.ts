import { checkBackend } from "./backend.ts";
import { DataExporter } from "./exporter.ts";
import { type ExporterOptions, resolveExporterOptions } from "./options.ts";
import { createRunFile } from "./run-file.ts";
import { H5wasmSink } from "./sinks/h5wasm-sink.ts";

/** The options of {@link StandardDataExporter}: those that libhdf5 can keep. */
export type StandardExporterOptions = Omit<
  ExporterOptions,
  "backend" | "sink" | "vfs" | "liveReading" | "asyncWrite"
>;

/**
 * A {@link DataExporter} that writes through the real libhdf5 (h5wasm): for comparison and debugging.
 *
 * It cannot be read while it grows, and a process that is killed may leave a file that libhdf5 refuses. It has an entry
 * of its own, `@millrace/snn-export/h5wasm`, since libhdf5 takes some 40 MB of memory as soon as it is loaded.
 */
export class StandardDataExporter extends DataExporter {
  /** @throws InvalidArgumentError also for options that libhdf5 cannot keep, by name */
  constructor(experimentName: string, options: StandardExporterOptions = {}) {
    const filled = resolveExporterOptions(options);
    checkBackend({ ...filled, backend: "h5wasm" });
    super(experimentName, {
      ...options,
      sink: ({ start }) =>
        createRunFile(experimentName, start, ".h5", filled, (path) => new H5wasmSink(path, filled)),
    });
  }
}
