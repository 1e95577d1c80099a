import { join } from "node:path";
import { tempDirectory } from "@millrace/testkit";
import { MongoClient } from "mongodb";
import { expect, it } from "vitest";
import { Database, serve } from "../src/extras.ts";
import { connect, type MongoClient as OurClient } from "../src/index.ts";

/** The same calls by our face, and by MongoDB's own driver from a server of ours. */
async function useSearchIndexes(client: OurClient | MongoClient): Promise<void> {
  const c = (client as OurClient).db("texts").collection("parts");
  const at = (x: number): number[] => [x, 1, 0];
  const documents = Array.from({ length: 40 }, (_, i) => ({ _id: i, even: i % 2 === 0, at: at(i) }));
  await c.insertMany(documents as never[]);
  const fields = [
    { type: "vector", path: "at", numDimensions: 3, similarity: "euclidean" },
    { type: "filter", path: "even" },
  ];
  const name = await c.createSearchIndex({ name: "near", type: "vectorSearch", definition: { fields } });
  expect(name).toBe("near");
  const found = await c
    .aggregate([
      {
        $vectorSearch: {
          index: "near",
          path: "at",
          queryVector: at(20.2),
          numCandidates: 20,
          limit: 3,
          filter: { even: false },
        },
      },
      { $project: { _id: 1 } },
    ])
    .toArray();
  expect(found).toEqual([{ _id: 21 }, { _id: 19 }, { _id: 23 }]);
  expect(await c.listSearchIndexes().toArray()).toMatchObject([
    { name: "near", type: "vectorSearch", queryable: true, latestDefinition: { fields: [fields[0]] } },
  ]);
  expect(await c.listSearchIndexes("other").toArray()).toEqual([]);
  await c.dropSearchIndex("near");
  expect(await c.listSearchIndexes("near").toArray()).toEqual([]);
  await expect(c.dropSearchIndex("near")).rejects.toMatchObject({ code: 27 });
  const text = { name: "text", type: "search", definition: {} };
  await expect(c.createSearchIndex(text)).rejects.toMatchObject({ code: 2 });
}

it("makes, lists, uses and drops search indexes by the driver's calls", async () => {
  using directory = tempDirectory();
  await using client = await connect(`millrace://${join(directory.path, "a.db")}`);
  await useSearchIndexes(client);
});

it("does so for MongoDB's own driver", async () => {
  using directory = tempDirectory();
  await using db = await Database.open(join(directory.path, "b.db"));
  await using server = await serve(db, { port: 0 });
  await using client = await new MongoClient(server.address).connect();
  await useSearchIndexes(client);
});
