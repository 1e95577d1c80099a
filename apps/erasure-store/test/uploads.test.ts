import { MemoryVfs, TemporarySpace } from "@millrace/files";
import { HttpClient } from "@millrace/remote";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { BackendWriter } from "../src/backend.ts";
import { BackendPace } from "../src/backend-pace.ts";
import { reportStats } from "../src/index.ts";
import { UPLOAD_PACE } from "../src/metered-backend.ts";
import { mostPartsInFlight } from "../src/remote/s3-parts.ts";
import { S3Writer } from "../src/remote/s3-writer.ts";
import { StoreMetrics } from "../src/store-metrics.ts";
import { TimedWriter } from "../src/timed-writer.ts";

const PART = 5 * 1024 * 1024;

describe("the pace of uploads", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is that of the time in which there was something to do, commits included, rests left out", async () => {
    const told: number[][] = [];
    const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
    const inner: BackendWriter = {
      write: (bytes) => sleep(bytes.length),
      commit: () => sleep(100),
      abort: async () => {},
    };
    const writer = new TimedWriter(inner, (bytes, ms) => told.push([bytes, Math.round(ms)]));
    expect(writer.suspend).toBeUndefined();
    const work = async (): Promise<void> => {
      // Two at a time take as long as the longer one.
      await Promise.all([writer.write(new Uint8Array(30)), writer.write(new Uint8Array(50))]);
      await sleep(1000);
      await writer.write(new Uint8Array(20));
      await writer.commit();
    };
    const done = work();
    await vi.runAllTimersAsync();
    await done;
    expect(told).toEqual([[100, 170]]);
  });
});

it("a backend that is far slower than the others is told, by its name", () => {
  const metrics = new StoreMetrics();
  const gaugeOf = (backend: string) => metrics.registry.gauge(UPLOAD_PACE, { labels: { backend } });
  for (const backend of ["a", "b", "d"]) gaugeOf(backend).set(40_000_000);
  gaugeOf("c").set(11_000_000);
  expect(reportStats(metrics.snapshot()).recommendations).toEqual([]);
  gaugeOf("c").set(9_000_000);
  expect(reportStats(metrics.snapshot()).recommendations).toEqual([
    expect.stringMatching(/^backend c takes 8.58 MiB\/s, the middle one 38.1 MiB\/s: puts wait for it/),
  ]);
});

describe("a large value goes to S3 in parts", () => {
  /** Takes parts when it is told to, and notes how many are on their way. */
  class HeldClient extends HttpClient {
    readonly waiting: (() => void)[] = [];
    most = 0;
    fails = (_number: number): boolean => false;

    constructor() {
      super(async () => ({}));
    }

    override async send({ method, url }: { method: string; url: string }) {
      const say = (body: string, headers = {}) => ({
        status: 200,
        headers,
        body: new TextEncoder().encode(body),
      });
      if (method === "POST") return say("<UploadId>u</UploadId>");
      const number = Number(/partNumber=(\d+)/.exec(url)?.[1]);
      if (method !== "PUT") return say("");
      const { promise, resolve } = Promise.withResolvers<void>();
      this.waiting.push(resolve);
      this.most = Math.max(this.most, this.waiting.length);
      await promise;
      if (this.fails(number)) throw new Error(`part ${number} failed`);
      return say("", { etag: `"${number}"` });
    }
  }

  async function write(client: HeldClient, pace: BackendPace, parts: number): Promise<S3Writer> {
    const space = new TemporarySpace(new MemoryVfs(), []);
    const writer = new S3Writer(client, "http://x/b/k", space, pace);
    const written = writer.write(new Uint8Array(parts * PART + 1));
    let isDone = false;
    const end = (): void => {
      isDone = true;
    };
    written.then(end, end);
    while (!isDone) {
      await new Promise((next) => setImmediate(next));
      // The last first: they are put together by number.
      if (client.waiting.length === client.most) client.waiting.pop()?.();
    }
    await written.catch(() => {});
    for (const answer of client.waiting.splice(0)) answer();
    return writer;
  }

  it.each([
    ["two where nothing is known", undefined, 2],
    ["as many as the way holds", 200, 3],
    ["no more than three", 10_000, 3],
  ])("of which are on their way at a time: %s", async (_, latencyMs, most) => {
    const pace = new BackendPace();
    if (latencyMs !== undefined) {
      for (let i = 0; i < 200; i++) pace.observe(100, latencyMs);
      for (let i = 0; i < 200; i++) pace.observe(PART, latencyMs + 150);
    }
    const client = new HeldClient();
    const writer = await write(client, pace, 7);
    expect(client.most).toBe(most);
    const committed = writer.commit();
    await new Promise((next) => setTimeout(next, 5));
    for (const answer of client.waiting.splice(0)) answer();
    await committed;
  });

  it("and fewer where the memory of the store is small, one at the least", () => {
    const MB = 1_000_000;
    const memories = [1, 60, 70, 100, 130, 500].map((memory) => mostPartsInFlight(memory * MB, 6));
    expect(memories).toEqual([1, 1, 1, 2, 3, 3]);
    expect(mostPartsInFlight(500 * MB, 100)).toBe(1);
  });

  it("and fails where one of them fails, whenever that is", async () => {
    for (const bad of [1, 4, 7]) {
      const client = new HeldClient();
      client.fails = (number) => number === bad;
      const writer = await write(client, new BackendPace(), 7);
      const failed = expect(writer.commit()).rejects.toThrow(`part ${bad} failed`);
      await new Promise((next) => setTimeout(next, 5));
      for (const answer of client.waiting.splice(0)) answer();
      await failed;
      await writer.abort();
    }
  });
});
