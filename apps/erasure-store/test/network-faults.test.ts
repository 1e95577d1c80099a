import { expect, it } from "vitest";
import { FakeS3 } from "./fake-s3.ts";
import { surviveFaults } from "./fault-suite.ts";

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
