import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { S3Bucket } from "@millrace/remote";
import { goTool, startServer, tempDirectory } from "@millrace/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Database, openReplica, restoreDatabase } from "../src/extras.ts";
import { contentOf } from "./helpers.ts";
import { insertUntilKilled } from "./kill-child.ts";
import { cutShipping } from "./ship-cuts.ts";

it.each([
  ["plain", {}],
  ["compressed", { compression: "zstd" as const }],
  ["encrypted", { key: new Uint8Array(32).fill(5) }],
])(
  "300 power cuts of a %s database and its target lose nothing that was shipped",
  { timeout: 600_000 },
  async (_, settings) => {
    const { cuts, partial } = await cutShipping(settings, 300);
    expect(cuts).toBeGreaterThan(200);
    expect(partial).toBeGreaterThan(100);
  },
);

it("20 processes that are killed while they ship leave targets that restore, and that the next one goes on with", {
  timeout: 300_000,
}, async () => {
  using place = tempDirectory();
  const [path, to] = [join(place.path, "t.db"), join(place.path, "target")];
  const ship = { to, intervalMs: 5, segmentBytes: 8192, baseIntervalMs: 200 };
  for (let round = 0; round < 20; round++) {
    await insertUntilKilled(path, round * 1_000_000, 100 * round + 1, { ship });
    const before = join(place.path, `before-${round}.db`);
    if (existsSync(join(to, "manifest.json")) && round > 0) {
      await restoreDatabase(to, before);
      await using restored = await Database.open(before);
      expect(await restored.verify()).toEqual([]);
    }
    const db = await Database.open(path, { ship });
    await db.sync();
    const content = await contentOf(db.collection("c"));
    await db.close();
    const after = join(place.path, `after-${round}.db`);
    await restoreDatabase(to, after);
    await using restored = await Database.open(after);
    expect(await restored.verify()).toEqual([]);
    expect(await contentOf(restored.collection("c"))).toEqual(content);
  }
});

// A real S3 server, written by others.
const program = goTool("github.com/versity/versitygw/cmd/versitygw", "v1.8.0");
const KEYS = { AWS_ACCESS_KEY_ID: "id-of-tests", AWS_SECRET_ACCESS_KEY: "secret-of-tests" };
afterEach(() => vi.unstubAllEnvs());

describe.skipIf(program === undefined)(
  `a bucket of versitygw${program === undefined ? " (skipped: it cannot be built here)" : ""}`,
  () => {
    it("takes copies and log, and gives replicas and restores", { timeout: 120_000 }, async () => {
      using place = tempDirectory();
      mkdirSync(`${place.path}/data`);
      const root = { ROOT_ACCESS_KEY: KEYS.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: KEYS.AWS_SECRET_ACCESS_KEY };
      const args = (port: number): string[] => ["--port", `127.0.0.1:${port}`, "posix", `${place.path}/data`];
      await using server = await startServer(program!, args, root);
      for (const [name, value] of Object.entries({ ...KEYS, AWS_ENDPOINT_URL: server.endpoint }))
        vi.stubEnv(name, value);
      const credentials = async () => ({
        accessKeyId: KEYS.AWS_ACCESS_KEY_ID,
        secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY,
      });
      const where = { endpoint: server.endpoint, region: "us-east-1", bucket: "ship", prefix: "" };
      const bucket = new S3Bucket({ ...where, credentials });
      await bucket.client.send({ method: "PUT", url: bucket.url({}) });

      const to = "s3://ship/deep/people";
      const ship = { to, intervalMs: 20, segmentBytes: 64 * 1024, baseIntervalMs: 500, keepMs: 60_000 };
      const db = await Database.open(`${place.path}/a.db`, { ship });
      await db.collection("c").insertOne({ _id: -1 });
      await db.sync();
      const replica = await openReplica(to, `${place.path}/b.db`, { pollMs: 20 });
      const text = "s".repeat(20_000);
      for (let i = 0; i < 1200; i++) await db.collection("c").insertOne({ _id: i, text });
      await db.sync();
      await replica.sync();
      expect(await replica.collection("c").countDocuments()).toBe(1201);
      expect((await db.stats()).ship).toMatchObject({ behind: 0, error: undefined });
      const lastLsn = (await db.stats()).ship!.lsn;
      await restoreDatabase(to, `${place.path}/r.db`);
      await using restored = await Database.open(`${place.path}/r.db`);
      expect(await contentOf(restored.collection("c"))).toEqual(await contentOf(db.collection("c")));
      await restoreDatabase(to, `${place.path}/s.db`, { lsn: lastLsn - 10 });
      await using earlier = await Database.open(`${place.path}/s.db`);
      expect(await earlier.collection("c").countDocuments()).toBe(1191);
      await replica.close();
      await db.close();
    });
  },
);
