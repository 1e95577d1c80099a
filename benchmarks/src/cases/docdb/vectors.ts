import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import { type Collection, Database, type Document } from "@millrace/doc-db/extras";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../case.ts";
import { benchDirectory } from "../../wal-peers.ts";

const DIMENSIONS = 384;
const LIMIT = 10;
const QUERIES = 20;
/** Queries that the recall is taken of, and what it must be. */
const CHECKED = 50;
const RECALL = 0.95;
/** Vectors of a cluster, on average, and how far they lie from its centre, beside the clusters' own distances. */
const PER_CLUSTER = 100;
const SPREAD = 0.7;
const INSERTED_AT_ONCE = 500;

/** Vectors in clusters, as those of texts lie; the same ones each time. */
function clusteredVectors(count: number): () => number[] {
  const random = seededRandom(384);
  const centres = Array.from({ length: Math.ceil(count / PER_CLUSTER) }, () =>
    Float32Array.from({ length: DIMENSIONS }, () => random.nextNormal()),
  );
  return () => {
    const centre = centres[random.nextInt(0, centres.length - 1)]!;
    return Array.from(centre, (value) => Math.fround(value + SPREAD * random.nextNormal()));
  };
}

async function nearest(c: Collection, queryVector: readonly number[], exact: boolean): Promise<unknown[]> {
  const $vectorSearch: Document = { path: "vector", queryVector, limit: LIMIT, exact };
  const found = await c.aggregate([{ $vectorSearch }, { $project: { _id: 1 } }]).toArray();
  return found.map(({ _id }) => _id);
}

/** Searches by an index of one method among so many vectors. */
function searches(name: string, method: "exact" | "hnsw", count: number): Contender {
  const prepare = async (): Promise<Work> => {
    const cacheBytes = 4 * DIMENSIONS * count * 2 + (64 << 20);
    const path = join(benchDirectory(), "vectors.db");
    const db = await Database.open(path, { durability: "memory", cacheBytes });
    const c = db.collection("vectors");
    await c.createIndex({ vector: "vector" }, { dimensions: DIMENSIONS, method });
    const next = clusteredVectors(count);
    for (let id = 0; id < count; id += INSERTED_AT_ONCE) {
      const documents = Array.from({ length: INSERTED_AT_ONCE }, (_, i) => ({ _id: id + i, vector: next() }));
      await c.insertMany(documents);
    }
    let hits = 0;
    for (let i = 0; i < CHECKED; i++) {
      const wanted = next();
      const all = await nearest(c, wanted, true);
      hits += (await nearest(c, wanted, false)).filter((id) => all.includes(id)).length;
    }
    const recall = hits / (CHECKED * LIMIT);
    if (recall < RECALL) throw new Error(`recall ${recall} at ${LIMIT}, expected ${RECALL}`);
    const queries = Array.from({ length: QUERIES }, next);
    return async () => {
      for (const query of queries) await nearest(c, query, false);
    };
  };
  return { name, prepare };
}

function searchCase(count: number, isFull: boolean): BenchmarkCase {
  return {
    unit: "queries",
    amount: QUERIES,
    ours: searches("hnsw", "hnsw", count),
    peers: [searches("exact", "exact", count)],
    reach: { ratio: 5 },
    isHeavy: true,
    isFull,
  };
}

export const cases: BenchmarkCases = {
  nearest: searchCase(15_000, false),
  "nearest-100-k": searchCase(100_000, true),
};
