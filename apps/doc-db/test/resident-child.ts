/** Works on a database for a while and prints the largest resident set in MiB, before and after. */
import { seededRandom } from "@millrace/base";
import { peakResidentBytes } from "@millrace/metrics";
import { Database } from "../src/extras.ts";

const [path = "", cacheMiB = "16", documents = "0"] = process.argv.slice(2);
const loadedMiB = peakResidentMiB();
const random = seededRandom(1);
await using db = await Database.open(path, {
  cacheBytes: Number(cacheMiB) * 2 ** 20,
  durability: "relaxed",
});
const people = db.collection("people");
for (let i = 0; i < 20_000; i++) people.getSync(random.nextInt(0, Number(documents) - 1));
for (let i = 0; i < 500; i++)
  await people.updateOne({ _id: random.nextInt(0, Number(documents) - 1) }, { $inc: { score: 1 } });
let found = 0;
for await (const document of people.find({ score: { $gt: 10 } })) if (document._id !== undefined) found++;
if (found === 0) throw new Error("nothing was found");
console.log(loadedMiB.toFixed(1), peakResidentMiB().toFixed(1));

function peakResidentMiB(): number {
  return peakResidentBytes() / 2 ** 20;
}
