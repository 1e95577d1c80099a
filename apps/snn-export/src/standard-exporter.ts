import { DataExporter } from "./exporter.ts";
import type { ExporterOptions } from "./options.ts";

/**
 * A {@link DataExporter} that writes through the real libhdf5 (h5wasm): for comparison and debugging.
 *
 * It cannot be read while it grows, and a process that is killed may leave a file that libhdf5 refuses.
 */
export class StandardDataExporter extends DataExporter {
  /** @throws InvalidArgumentError also for options that libhdf5 cannot keep: `liveReading`, `asyncWrite`, `vfs` */
  constructor(experimentName: string, options: Omit<ExporterOptions, "backend"> = {}) {
    super(experimentName, { ...options, backend: "h5wasm" });
  }
}
