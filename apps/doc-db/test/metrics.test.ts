import { join } from "node:path";
import { MemoryVfs } from "@millrace/files";
import type { MetricsSnapshot } from "@millrace/metrics";
import { runCommand, tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { Database, databaseMetrics } from "../src/extras.ts";

function metricOf({ metrics }: MetricsSnapshot, name: string): number | undefined {
  const found = metrics.find((metric) => metric.name === name);
  return found !== undefined && "value" in found ? found.value : undefined;
}

it("the metrics of a database are what it holds and has done", async () => {
  const vfs = new MemoryVfs();
  const before = await Database.open("m.db", { vfs });
  await before
    .collection("c")
    .insertMany(Array.from({ length: 2000 }, (_, _id) => ({ _id, pad: "p".repeat(500) })));
  const written = databaseMetrics(await before.stats());
  expect(metricOf(written, "docdb_documents")).toBe(2000);
  expect(metricOf(written, "docdb_commits_total")).toBe(1);
  // Full pages of a large insertion are written to their places, once.
  expect(metricOf(written, "docdb_placed_bytes_total")).toBeGreaterThan(2000 * 500);
  expect(metricOf(written, "docdb_logged_bytes_total")).toBeGreaterThan(5000);
  await before.close();
  await using db = await Database.open("m.db", { vfs });
  const bytesRead = async (): Promise<number> =>
    metricOf(databaseMetrics(await db.stats()), "docdb_read_bytes_total")!;
  for await (const _ of db.collection("c").find());
  const first = await bytesRead();
  expect(first).toBeGreaterThan(2000 * 500);
  for await (const _ of db.collection("c").find());
  expect(await bytesRead()).toBe(first);
  expect(metricOf(databaseMetrics(await db.stats()), "docdb_cache_hit_ratio")).toBeGreaterThan(0.4);
});

it("docdb stats prints them for Prometheus", async () => {
  using directory = tempDirectory();
  await using db = await Database.open(join(directory.path, "m.db"));
  await db.collection("c").insertOne({ _id: 1 });
  await db.close();
  const stats = (...flags: string[]) =>
    runCommand("doc-db", ["stats", "--db", "m.db", "--prometheus", ...flags], { cwd: directory.path });
  const { code, stdout } = await stats();
  expect(code).toBe(0);
  expect(stdout).toContain('\ndocdb_documents{collection="c"} 1\n');
  expect(await stats("--json")).toMatchObject({ code: 2 });
});
