import { PeerMissingError } from "../peers.ts";
import { fill, STORES } from "./contenders.ts";

// A process that fills a database and ends: `fill-program.ts NAME DIRECTORY COUNT`. It prints what is not installed.

const [name, directory, count] = process.argv.slice(2);
const open = STORES.find(([known]) => known === name)![1];
try {
  const store = await open(directory!, "os");
  await fill(store, Number(count));
  await store.close();
} catch (error) {
  if (!(error instanceof PeerMissingError)) throw error;
  process.stdout.write(error.message);
}
process.exit(0);
