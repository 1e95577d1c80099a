/** Records into the directory argv[2] until it is killed; prints the path, then the steps of each checkpoint. */
import { writeSync } from "node:fs";
import { DataExporter } from "@millrace/snn-export";
import { entryOf, NEURONS } from "./helpers.ts";

const exporter = new DataExporter("killed", {
  outputDirectory: process.argv[2]!,
  neuralSamplingRate: 2,
  chunkBytes: 4096,
  durability: "os",
  checkpointIntervalMs: 0,
  asyncWrite: process.argv[3] === "async",
  git: false,
});
exporter.startEpisode({ neurons: NEURONS });
writeSync(1, `${exporter.path}\n`);
for (let timestep = 0; ; timestep++) {
  await exporter.log(entryOf(timestep));
  if (timestep % 61 !== 60) continue;
  exporter.checkpoint();
  writeSync(1, `${timestep + 1}\n`);
}
