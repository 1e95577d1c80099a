import { MemoryVfs } from "@millrace/files";
import type { EpisodeContents } from "../episode-data.ts";
import { DataExporter } from "../exporter.ts";
import { ExperimentLoader } from "../loader.ts";
import type { ExporterOptions } from "../options.ts";

/** Records one episode into memory, and reads it back. */
export async function recordInMemory(
  neurons: number,
  options: ExporterOptions,
  log: (exporter: DataExporter) => void,
): Promise<EpisodeContents> {
  const vfs = new MemoryVfs();
  const own = {
    outputDirectory: "runs",
    vfs,
    git: false,
    codeSnapshot: "none",
    neuralSamplingRate: 1,
  } as const;
  const exporter = new DataExporter("conformance", { ...own, ...options });
  exporter.startEpisode({ neurons });
  log(exporter);
  exporter.endEpisode();
  exporter.close();
  await using loader = await ExperimentLoader.open(exporter.path, { vfs });
  return loader.episode(0).contents();
}
