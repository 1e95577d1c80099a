import { FakeS3 } from "@millrace/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { S3Bucket } from "../src/s3-bucket.ts";

const PATIENCE = { attempts: 2, baseDelayMs: 1, idleMs: 1000 };

let server: FakeS3;
let endpoint: string;
beforeEach(async () => {
  server = new FakeS3();
  endpoint = await server.listen();
});
afterEach(() => server[Symbol.asyncDispose]());

function open(): S3Bucket {
  const place = { endpoint, region: "us-east-1", bucket: "bucket", prefix: "deep/" };
  const credentials = async () => ({ accessKeyId: "id", secretAccessKey: "secret" });
  return new S3Bucket({ ...place, credentials }, PATIENCE);
}

it("puts, reads and removes values, and lists their keys page after page", async () => {
  const bucket = open();
  const keys = Array.from({ length: 12 }, (_, i) => `deep/${String(i).padStart(2, "0")}`);
  for (const key of keys)
    await bucket.client.send({ method: "PUT", url: bucket.urlOfKey(key), body: Buffer.from(key) });
  expect(await bucket.list("deep/")).toEqual(keys.map((key) => key.slice("deep/".length)));
  const { body } = await bucket.client.send({ method: "GET", url: bucket.urlOfKey("deep/03") });
  expect(Buffer.from(body).toString()).toBe("deep/03");
  await bucket.remove("deep/03");
  await bucket.remove("deep/03");
  await expect(bucket.client.send({ method: "GET", url: bucket.urlOfKey("deep/03") })).rejects.toMatchObject({
    code: "FILES_NOT_FOUND",
  });
});

it("asks again where the server cannot answer now, and names what it refuses for good", async () => {
  const bucket = open();
  let asked = 0;
  server.fault = () => (++asked === 1 ? "5xx" : undefined);
  await bucket.client.send({ method: "PUT", url: bucket.urlOfKey("a"), body: new Uint8Array(1) });
  expect(asked).toBe(2);
  server.fault = () => "5xx";
  const send = bucket.client.send({ method: "GET", url: bucket.urlOfKey("a") });
  await expect(send).rejects.toMatchObject({ code: "REMOTE_SERVER_FAILED" });
  server.fault = () => undefined;
  const stranger = new S3Bucket(
    {
      endpoint,
      region: "us-east-1",
      bucket: "bucket",
      prefix: "",
      credentials: async () => ({ accessKeyId: "other", secretAccessKey: "secret" }),
    },
    PATIENCE,
  );
  await expect(stranger.list("")).rejects.toMatchObject({ code: "REMOTE_SERVER_REFUSED" });
});
