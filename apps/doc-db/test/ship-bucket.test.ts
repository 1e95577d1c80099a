import { MemoryVfs } from "@millrace/files";
import { FakeS3 } from "@millrace/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Database, openReplica, restoreDatabase } from "../src/extras.ts";
import { contentOf } from "./helpers.ts";

const TO = "s3://backups/deep/people";
const HOUR_MS = 3_600_000;
let server: FakeS3;
beforeEach(async () => {
  server = new FakeS3();
  vi.stubEnv("AWS_ENDPOINT_URL", await server.listen());
  vi.stubEnv("AWS_ACCESS_KEY_ID", "id");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
});

it("a bucket takes what a directory takes, below its prefix, over a server that fails now and then", async () => {
  const vfs = new MemoryVfs();
  let now = Date.parse("2026-11-21T12:00:00Z");
  const clock = (): Date => new Date(now);
  const ship = { to: TO, intervalMs: HOUR_MS, baseIntervalMs: 3000, keepMs: 5000, segmentBytes: 4096 };
  const db = await Database.open("a.db", { vfs, clock, ship });
  let calls = 0;
  server.fault = () => (++calls % 7 === 0 ? "5xx" : calls % 11 === 0 ? "cut" : undefined);
  let replica: Database | undefined;
  for (let i = 0; i < 12; i++, now += 1000) {
    await db.collection("c").insertOne({ _id: i, text: "x".repeat(2000) });
    if (i % 4 === 0) await db.checkpoint();
    await db.sync();
    replica ??= await openReplica(TO, "b.db", { vfs, pollMs: HOUR_MS });
    await replica.sync();
    expect(await replica.collection("c").countDocuments()).toBe(i + 1);
  }
  const keys = [...server.objects.keys()];
  expect(keys.every((key) => key.startsWith("backups/deep/people/"))).toBe(true);
  expect(keys.filter((key) => key.endsWith("base.json")).length).toBe((await db.stats()).ship!.bases);
  const content = await contentOf(db.collection("c"));
  await replica!.close();
  await db.close();
  const { at } = await restoreDatabase(TO, "r.db", { vfs, at: new Date(now - 3000) });
  expect(at.getTime()).toBe(now - 3000);
  await using restored = await Database.open("r.db", { vfs });
  expect(await restored.collection("c").countDocuments()).toBe(10);
  await restoreDatabase(TO, "s.db", { vfs });
  await using newest = await Database.open("s.db", { vfs });
  expect(await contentOf(newest.collection("c"))).toEqual(content);
});

it("says what is not set, and opens all the same when the bucket does not answer", async () => {
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "");
  const vfs = new MemoryVfs();
  await expect(restoreDatabase(TO, "r.db", { vfs })).rejects.toMatchObject({
    code: "DOCDB_SHIP_CREDENTIALS",
  });
  await using db = await Database.open("a.db", { vfs, ship: { to: TO, intervalMs: HOUR_MS } });
  await db.collection("c").insertOne({ _id: 1 });
  await expect(db.sync()).rejects.toMatchObject({ code: "DOCDB_SHIP_CREDENTIALS" });
  expect((await db.stats()).ship!.error).toContain("AWS_SECRET_ACCESS_KEY");
});
