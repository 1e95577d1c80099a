/** Records argv[3] steps below argv[2], or validates and reads the file argv[2]; prints the path or the peak memory. */
import { peakResidentBytes } from "@millrace/metrics";
import { DataExporter, ExperimentLoader, validate } from "@millrace/snn-export";

const [place, steps] = process.argv.slice(2) as [string, string | undefined];
if (steps !== undefined) {
  using exporter = new DataExporter("memory", { outputDirectory: place, git: false, durability: "os" });
  exporter.startEpisode({ neurons: 100 });
  let bits = 1;
  for (let first = 0; first < Number(steps); first += 10_000) {
    const spikes = Uint8Array.from({ length: 1_000_000 }, () => {
      bits = (Math.imul(bits, 1664525) + 1013904223) | 0;
      return bits >>> 0 < 2 ** 28 ? 1 : 0;
    });
    exporter.logBlock({ firstTimestep: first, stepCount: 10_000, spikes });
  }
  exporter.endEpisode();
  process.stdout.write(exporter.path);
} else {
  const { findings } = await validate(place);
  if (findings.length > 0) throw new Error("the file is not sound");
  await using loader = await ExperimentLoader.open(place, { cacheBytes: 4 * 1024 * 1024 });
  const episode = loader.episode(0);
  const { stop } = episode.timeRange();
  for (let first = 0; first < stop; first += 1000) episode.getSpikes(first, first + 1000);
  process.stdout.write(String(peakResidentBytes()));
}
