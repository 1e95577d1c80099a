import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Database, type Document } from "../src/extras.ts";

const PAGE_BYTES = 8192;

/** A document as the benchmarks have them: a dozen fields, a little less than 1 KiB of JSON. */
function person(id: number, count: number): Document {
  const random = seededRandom(id + 1);
  const word = (): string =>
    Array.from({ length: random.nextInt(3, 9) }, () => "aeioudklmnrst"[random.nextInt(0, 12)]).join("");
  const text = Array.from({ length: 100 }, word).join(" ").slice(0, 640);
  return {
    _id: id,
    group: random.nextInt(0, Math.ceil(count / 13)),
    score: random.nextInt(0, count * 10),
    name: `${word()} ${word()}`,
    email: `${word()}.${word()}@${word()}.example`,
    city: `city ${random.nextInt(0, 49)}`,
    isActive: random.nextInt(0, 1) === 1,
    balance: random.nextInt(0, 1_000_000) / 100,
    joined: new Date(1.5e12 + random.nextInt(0, 2 ** 30) * 100).toISOString(),
    tags: [word(), word(), word()],
    address: {
      street: `${random.nextInt(1, 200)} ${word()} street`,
      zip: random.nextInt(10_000, 99_999),
      geo: [random.nextInt(-180_000, 180_000) / 1000, random.nextInt(-90_000, 90_000) / 1000],
    },
    text,
  };
}

async function fill(db: Database, count: number): Promise<number> {
  const people = db.collection("people");
  await people.createIndex("group");
  await people.createIndex("score");
  let json = 0;
  for (let from = 0; from < count; from += 1000) {
    const documents = Array.from({ length: 1000 }, (_, i) => person(from + i, count));
    for (const document of documents) json += JSON.stringify(document).length;
    await people.insertMany(documents);
  }
  return json;
}

describe("the size of things", () => {
  it("is at most 1.2 times that of the JSON for the file, with two indexes", async () => {
    await using db = await Database.open("size.db", { vfs: new MemoryVfs(), durability: "memory" });
    const json = await fill(db, 10_000);
    await db.checkpoint();
    expect(((await db.stats()).pages * PAGE_BYTES) / json).toBeLessThan(1.2);
  });

  // Not beside a bare Node: a test runs sources as they are written, and what makes them run takes memory of its own.
  // What a process takes beside a bare one is counted among the benchmarks.
  it("is at most the cache and 60 MiB for the process, beside one that has loaded the library alone", async () => {
    using directory = tempDirectory();
    const path = join(directory.path, "people.db");
    const count = 40_000;
    const cacheMiB = 16;
    {
      await using db = await Database.open(path, { durability: "memory" });
      await fill(db, count);
    }
    const script = join(import.meta.dirname, "resident-child.ts");
    const args = ["--conditions=@millrace/source", script, path, String(cacheMiB), String(count)];
    const printed = execFileSync(process.execPath, args, { encoding: "utf8" });
    const [loaded, used] = printed.trim().split(" ").map(Number);
    // The cache fills: less would say that the measure is wrong.
    expect(used! - loaded!).toBeGreaterThan(cacheMiB / 2);
    expect(used! - loaded!).toBeLessThan(cacheMiB + 60);
  }, 60_000);
});
