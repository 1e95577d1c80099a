/** Inserts documents until it is killed, and prints each id once it is acknowledged: for kill.test.ts. */
import { Database } from "../src/extras.ts";

const [path, firstId, options = "{}"] = process.argv.slice(2);
const db = await Database.open(path!, {
  cacheBytes: 1024 * 1024,
  checkpointBytes: 256 * 1024,
  ...JSON.parse(options),
});
const c = db.collection("c");
await c.createIndex("value");
let next = Number(firstId);
const worker = async (): Promise<void> => {
  for (;;) {
    const id = next++;
    await c.insertOne({ _id: id, value: id % 17, pad: "p".repeat((id * 37) % 900) });
    process.stdout.write(`${id}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, worker));
