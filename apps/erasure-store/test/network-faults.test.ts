import { FakeS3 } from "@millrace/testkit";
import { expect, it } from "vitest";
import { FakeWebDav } from "./fake-webdav.ts";
import { collectionOf, surviveFaults } from "./fault-suite.ts";

it.each([1, 2, 3])(
  "over a network that fails at random (seed %i) bytes are right or the error is clear, and nothing is lost or left",
  async (seed) => {
    await using server = new FakeS3();
    const environment = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
    const run = await surviveFaults(await server.listen(), environment, seed, 30);
    expect(run.faults).toBeGreaterThan(20);
    // Each shard and manifest that is left belongs to one of the three objects.
    const shards = [...server.objects.keys()].filter((key) => key.includes("/shards/"));
    expect(new Set(shards.map((key) => key.split("/shards/")[1]!.split(".")[1])).size).toBeLessThanOrEqual(3);
    expect([...server.objects.keys()].filter((key) => key.endsWith("/lock"))).toEqual([]);
  },
);

it.each([1, 2, 3])("and so they are over WebDAV (seed %i)", async (seed) => {
  await using server = new FakeWebDav();
  const environment = { WEBDAV_USERNAME: "user", WEBDAV_PASSWORD: "pass" };
  const run = await surviveFaults(await server.listen(), environment, seed, 30, collectionOf);
  expect(run.faults).toBeGreaterThan(20);
  const files = [...server.files.keys()];
  const shards = files.filter((path) => path.includes("/shards/"));
  expect(new Set(shards.map((path) => path.split("/shards/")[1]!.split(".")[0])).size).toBeLessThanOrEqual(3);
  expect(files.filter((path) => path.endsWith(".tmp") || /\/\.?lock/.test(path))).toEqual([]);
});
