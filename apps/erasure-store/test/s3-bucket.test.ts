import { S3Bucket } from "@millrace/remote";
import { FakeS3 } from "@millrace/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BACKEND_ERROR_CODES } from "../src/remote/http-settings.ts";
import { S3Lock } from "../src/remote/s3-lock.ts";

const PATIENCE = { attempts: 2, baseDelayMs: 1, idleMs: 1000 };

let server: FakeS3;
let endpoint: string;
const open = (): S3Bucket => {
  const place = { endpoint, region: "us-east-1", bucket: "bucket", prefix: "deep/" };
  const credentials = async () => ({ accessKeyId: "id", secretAccessKey: "secret" });
  return new S3Bucket({ ...place, credentials }, PATIENCE, BACKEND_ERROR_CODES);
};
beforeEach(async () => {
  server = new FakeS3();
  endpoint = await server.listen();
});
afterEach(() => server[Symbol.asyncDispose]());

it("finds all uploads that were not completed, several of a key, too, page after page", async () => {
  const bucket = open();
  const begin = (key: string): Promise<unknown> =>
    bucket.client.send({ method: "POST", url: `${bucket.urlOfKey(key)}?uploads=` });
  for (const key of ["deep/a", "deep/a", "deep/a", "deep/b", "deep/c", "other"]) await begin(key);
  const found = await bucket.uploads("deep/");
  expect(found.map(({ key }) => key)).toEqual(["deep/a", "deep/a", "deep/a", "deep/b", "deep/c"]);
  expect(new Set(found.map(({ uploadId }) => uploadId)).size).toBe(5);
});

describe.each([false, true])("the lock of a bucket whose server refuses conditions: %s", (refuses) => {
  beforeEach(() => {
    server.refusesConditions = refuses;
  });
  const isHeld = (): boolean => [...server.objects.keys()].some((key) => key.includes("lock"));

  it("keeps others out, is free again afterwards, and leaves nothing", async () => {
    const [one, two] = [new S3Lock(open()), new S3Lock(open())];
    for (let round = 0; round < 2; round++) {
      const held = await one.take();
      await expect(two.take()).rejects.toMatchObject({ code: "FILES_LOCKED" });
      await expect(one.take()).rejects.toMatchObject({ code: "FILES_LOCKED" });
      await held[Symbol.asyncDispose]();
      await (await two.take())[Symbol.asyncDispose]();
    }
    expect(isHeld()).toBe(false);
  });

  it("is never held by two, however many come at a time, and is got by each in the end", async () => {
    let holders = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      const lock = new S3Lock(open());
      for (let got = 0; got < 3; ) {
        try {
          await using _held = await lock.take();
          most = Math.max(most, ++holders);
          await new Promise((next) => setImmediate(next));
          holders--;
          got++;
        } catch (error) {
          expect(error).toMatchObject({ code: "FILES_LOCKED" });
          await new Promise((next) => setTimeout(next, Math.random() * 20));
        }
      }
    };
    await Promise.all(Array.from({ length: 4 }, work));
    expect(most).toBe(1);
    expect(isHeld()).toBe(false);
  });

  it("is taken over from who died, and from who could not give it back in this process", async () => {
    const dead = `${Date.now() - 1}.dead`;
    const body = JSON.stringify({ owner: "dead", untilMs: Date.now() - 1 });
    server.objects.set(refuses ? `bucket/deep/locks/${dead}` : "bucket/deep/lock", Buffer.from(body));
    const lock = new S3Lock(open());
    const take = async (): Promise<AsyncDisposable> => lock.take().catch(() => lock.take());
    const held = await take();
    server.fault = (method) => (method === "DELETE" ? "5xx" : undefined);
    await expect(held[Symbol.asyncDispose]()).rejects.toMatchObject({ code: "STORE_BACKEND_FAILED" });
    expect(isHeld()).toBe(true);
    server.fault = () => undefined;
    await (await take())[Symbol.asyncDispose]();
    expect(isHeld()).toBe(false);
  });
});
