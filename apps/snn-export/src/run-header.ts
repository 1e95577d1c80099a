import { FORMAT_NAME, FORMAT_VERSION } from "./format.ts";
import type { FilledExporterOptions } from "./options.ts";
import { readCode, readGitState, readRuntime } from "./provenance.ts";
import type { SinkGroup } from "./sinks/run-sink.ts";

/** Writes the root attributes of a new file. */
export function writeRootAttributes(
  root: SinkGroup,
  experimentName: string,
  start: Date,
  options: FilledExporterOptions,
): void {
  const attributes = {
    format: FORMAT_NAME,
    format_version: FORMAT_VERSION,
    schema_version: FORMAT_VERSION,
    experiment_name: experimentName,
    timestamp: start.toISOString(),
    start_time: start.getTime() / 1000,
    neural_sampling_rate: BigInt(options.neuralSamplingRate),
    compression: options.compression,
    compression_level: BigInt(options.compressionLevel),
    chunk_size: BigInt(options.chunkBytes),
    dt: options.timeStepMs,
    time_units: "ms",
    n_neurons: 0n,
    n_connections: 0n,
    episode_count: 0n,
  };
  for (const [name, value] of Object.entries(attributes)) root.setAttribute(name, value);
}

/** Writes `/runtime`, `/git_info` and `/code_snapshot`. @throws IoError when a file of the snapshot cannot be read */
export function writeProvenance(root: SinkGroup, options: FilledExporterOptions): void {
  const code = readCode(options.codeSnapshot);
  const runtime = root.createGroup("runtime");
  for (const [name, value] of Object.entries(readRuntime())) {
    runtime.setAttribute(name, Number.isInteger(value) ? BigInt(value) : value);
  }
  runtime.close();
  const git = options.git ? readGitState(process.cwd()) : undefined;
  if (git !== undefined) {
    const group = root.createGroup("git_info");
    group.setAttribute("commit", git.commit);
    group.setAttribute("branch", git.branch);
    group.setAttribute("dirty", git.isDirty ? 1n : 0n);
    group.close();
  }
  if (code.length === 0) return;
  const snapshot = root.createGroup("code_snapshot");
  for (const [i, { path, text }] of code.entries()) {
    // Two files of one name in different directories are two files.
    const name = path.slice(path.lastIndexOf("/") + 1);
    const group = snapshot.createGroup(`${String(i).padStart(3, "0")}_${name}`);
    group.setAttribute("path", path);
    group.writeText("text", text);
  }
  snapshot.close();
}
