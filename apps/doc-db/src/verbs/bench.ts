import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import { formatCount, formatTable, integerBetween, type VerbSpec } from "@millrace/cli";
import { toFileError } from "@millrace/files";
import { Database } from "../database.ts";
import type { Document } from "../document/value.ts";
import type { DatabaseDurability } from "../options.ts";
import { oneOf } from "./arguments.ts";

interface BenchFlags {
  readonly documents: number;
  readonly durability: DatabaseDurability;
  readonly directory?: string;
}

const DURABILITIES = ["durable", "relaxed", "memory"] as const;
/** Of bulk inserts. */
const BATCH = 1000;
/** Equal values of the field that is asked for. */
const GROUP = 10;
const PAD_BYTES = 800;

/** `bench`: how fast this machine's disk and processor are with a database. */
export const benchVerb: VerbSpec<BenchFlags> = {
  usage: "bench",
  summary:
    "measures inserts and queries on this machine, in a database of its own that is removed afterwards",
  example: "bench --documents 20000",
  flags: (command) =>
    command
      .option("--documents <n>", "of about 1 KiB", integerBetween(1000, 10_000_000), 20_000)
      .option(
        "--durability <name>",
        `of single inserts: ${DURABILITIES.join(", ")}`,
        oneOf("--durability", DURABILITIES),
        "durable",
      )
      .option(
        "--directory <path>",
        "where it lies, on the disk that is to be measured; else with other temporary files",
      ),
  action: async (context, _args, flags) => {
    const parent = flags.directory ?? tmpdir();
    const directory = await mkdtemp(join(parent, "docdb-bench-")).catch((error: unknown) => {
      throw toFileError(error, parent, "mkdtemp");
    });
    const measured: { readonly name: string; readonly count: number; readonly perSecond: number }[] = [];
    const measure = async (name: string, count: number, work: () => Promise<unknown>): Promise<void> => {
      context.signal.throwIfAborted();
      const startMs = performance.now();
      await work();
      measured.push({ name, count, perSecond: (count * 1000) / (performance.now() - startMs) });
    };
    try {
      await using db = await Database.open(join(directory, "bench.db"), { durability: flags.durability });
      await run(db, flags.documents, measure);
    } finally {
      await rm(directory, { recursive: true });
    }
    const rows = measured.map(({ name, count, perSecond }) => [
      name,
      count,
      formatCount(Math.round(perSecond)),
    ]);
    return {
      json: { documents: flags.documents, durability: flags.durability, measured },
      text: formatTable(["what", "how many", "a second"], rows),
    };
  },
};

async function run(
  db: Database,
  documents: number,
  measure: (name: string, count: number, work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const random = seededRandom(1);
  const c = db.collection("c");
  const pad = "p".repeat(PAD_BYTES);
  const newDocument = (_id: number): Document => ({
    _id,
    group: Math.floor(_id / GROUP),
    size: random.nextInt(0, documents),
    pad,
    nested: { flag: _id % 2 === 0, at: new Date(_id) },
  });
  const randomId = (): number => random.nextInt(0, documents - 1);
  await c.createIndex("group");
  await c.createIndex("size");
  await measure("inserted, 1000 at a time", documents, async () => {
    for (let i = 0; i < documents; i += BATCH)
      await c.insertMany(
        Array.from({ length: Math.min(BATCH, documents - i) }, (_, j) => newDocument(i + j)),
      );
  });
  const few = Math.min(500, documents);
  await measure("inserted one by one", few, async () => {
    for (let i = 0; i < few; i++) await c.insertOne(newDocument(documents + i));
  });
  const waiting = few * 4;
  await measure("inserted, 100 waiting", waiting, async () => {
    for (let i = 0; i < waiting; i += 100)
      await Promise.all(
        Array.from({ length: 100 }, (_, j) => c.insertOne(newDocument(2 * documents + i + j))),
      );
  });
  const many = Math.min(20_000, documents);
  await measure("read by _id", many, async () => {
    for (let i = 0; i < many; i++) await c.get(randomId());
  });
  await measure(`queries for ${GROUP} documents by an index`, many / 10, async () => {
    for (let i = 0; i < many / 10; i++) await c.find({ group: Math.floor(randomId() / GROUP) }).toArray();
  });
  await measure("updated one by one", few, async () => {
    for (let i = 0; i < few; i++) await c.updateOne({ _id: randomId() }, { $inc: { size: 1 } });
  });
  await measure("looked at by a filter without an index", documents, async () => {
    for await (const _ of c.find({ "nested.flag": true, pad: "none" }));
  });
  await measure("grouped", documents, () =>
    c.aggregate([{ $group: { _id: "$nested.flag", n: { $sum: "$size" } } }]).toArray(),
  );
}
