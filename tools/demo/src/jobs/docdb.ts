import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatCount, formatRate } from "@millrace/cli";
import { Database } from "@millrace/doc-db/extras";
import { type Job, timed } from "../job.ts";

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/** Puts 20,000 real flights into a database, closes it, opens it again, and asks it by an indexed field. */
export const job: Job = async ({ directory }) => {
  const input = fileURLToPath(new URL("../data/flights-20k.json", import.meta.resolve("vega-datasets")));
  const flights = JSON.parse(readFileSync(input, "utf8")) as Flight[];
  const path = join(directory, "flights.db");
  const { seconds, peakBytes } = await timed(async () => {
    await using db = await Database.open(path);
    const collection = await db.collection("flights");
    await collection.createIndex("origin");
    await collection.insertMany(flights.map((flight) => ({ ...flight })));
  });

  await using db = await Database.open(path);
  const collection = await db.collection("flights");
  const late = await collection.find({ origin: "DTW", delay: { $gt: 60 } }).toArray();
  const expected = flights.filter(({ origin, delay }) => origin === "DTW" && delay > 60);
  const found = late.map(({ _id, ...flight }) => flight);
  const cursor = collection.find({ origin: "DTW" });
  await cursor.toArray();
  const explanation = await cursor.explain();
  const fromDetroit = flights.filter(({ origin }) => origin === "DTW").length;
  return {
    job: "docdb",
    input: "20,000 real flights, as JSON",
    sizeBytes: statSync(input).size,
    result: `${formatCount(found.length)} late ones from DTW, by index`,
    seconds,
    peakBytes,
    rate: formatRate(flights.length / seconds, "documents"),
    checks: [
      {
        what: "every flight is there after reopening",
        isRight: (await collection.countDocuments()) === flights.length,
      },
      { what: "the query gives what a plain filter gives", isRight: sorted(found) === sorted(expected) },
      {
        what: "it looked at the flights from DTW only",
        isRight: explanation.index === "origin_1" && explanation.documentsExamined === fromDetroit,
      },
    ],
    outputs: [path],
  };
};

function sorted(flights: readonly object[]): string {
  return flights
    .map((flight) => JSON.stringify(Object.entries(flight).sort()))
    .sort()
    .join("\n");
}
