/** Writes to the file argv[2] until it is killed; prints the rows of each checkpoint. Run by kill.test.ts. */
import { writeSync } from "node:fs";
import { diskVfs } from "@millrace/files";
import { Hdf5Writer } from "@millrace/hdf5";

const writer = await Hdf5Writer.create(diskVfs, process.argv[2]!, {
  durability: "os",
  checkpointBytes: 20_000,
});
const data = writer.root.createDataset("d", { kind: "float64", rowShape: [10], chunkRows: 50 });
for (let row = 0; ; row++) {
  await data.append(new Float64Array(10).fill(row));
  if (row % 97 !== 0) continue;
  const group = writer.root.createGroup(`g${row}`);
  group.setAttribute("row", row);
  await writer.checkpoint();
  writeSync(1, `${row + 1}\n`);
}
