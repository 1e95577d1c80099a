import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FakeS3 } from "@millrace/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ErasureStore, initStore, openStore, type ReadOptions } from "../src/index.ts";
import { settleEnough } from "../src/settle-enough.ts";
import { BACKENDS } from "./stores.ts";

const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
/** Whoever waits for a server that says nothing waits for ten minutes. */
const PATIENCE = { attempts: 1, baseDelayMs: 1, idleMs: 600_000 };
const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));
const [SMALL, LARGE] = [bytesOf(900), bytesOf(3_000_000)];

let server: FakeS3;
let vfs: MemoryVfs;
/** As a command does: nothing is known of the servers' pace. */
const open = (): Promise<ErasureStore> =>
  openStore("store.yaml", { vfs, environment: ENVIRONMENT, patience: PATIENCE });
async function read(store: ErasureStore, name: string, options: ReadOptions = {}): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.get(name, options)) pieces.push(piece.slice());
  return new Uint8Array(Buffer.concat(pieces));
}
beforeEach(async () => {
  server = new FakeS3();
  const endpoint = await server.listen();
  vfs = new MemoryVfs();
  const locationOf = (name: string): string => `s3://bucket-${name}?endpoint=${endpoint}`;
  const backends = Object.fromEntries(BACKENDS.map((name) => [name, locationOf(name)]));
  await initStore(vfs, "store.yaml", { inlineBytes: 1000, backends }, ENVIRONMENT);
  const store = await open();
  await store.put("small", [SMALL]);
  await store.put("large", [LARGE]);
});
afterEach(() => {
  vi.useRealTimers();
  return server[Symbol.asyncDispose]();
});

describe("a get from servers of which as many as may be lost say nothing", () => {
  it.each([
    ["at all", /bucket-[be]\//],
    ["of manifests", /bucket-[cf]\/manifests/],
    ["of shards", /bucket-[ad]\/shards/],
  ])("begins and ends without an answer %s", async (_, silent) => {
    let silences = 0;
    server.fault = (_method, path) => {
      if (!silent.test(path)) return undefined;
      silences++;
      return "silent";
    };
    for (const store of [await open(), await open()]) {
      expect(await read(store, "small")).toEqual(SMALL);
      expect(Buffer.compare(await read(store, "large"), LARGE)).toBe(0);
      expect(Buffer.compare(await read(store, "large", { hedge: "always" }), LARGE)).toBe(0);
      expect(await read(store, "large", { range: { start: 2_000_000, end: 2_000_100 } })).toEqual(
        LARGE.slice(2_000_000, 2_000_100),
      );
    }
    expect(silences).toBeGreaterThan(0);
  });

  it("waits for a server, where that may be the only one that has the object", async () => {
    for (const name of BACKENDS) {
      if (name === "a") continue;
      const [key] = [...server.objects.keys()].filter((one) => one.startsWith(`bucket-${name}/manifests`));
      for (const one of [...server.objects.keys()]) {
        if (one.startsWith(`bucket-${name}/manifests`)) server.objects.delete(one);
      }
      expect(key).toBeDefined();
    }
    // The others say that they have none long before.
    let isAsked = false;
    server.fault = (method, path) => {
      if (!path.startsWith("bucket-a/manifests") || method !== "HEAD" || isAsked) return undefined;
      isAsked = true;
      return "slow";
    };
    expect(Buffer.compare(await read(await open(), "large"), LARGE)).toBe(0);
  });
});

it('a server more than needed is asked at once where a get says hedge "always"', {
  timeout: 20_000,
}, async () => {
  // No server is ever late.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const store = await open();
  const isOfShard = (line: string): boolean => /^GET bucket-.\/shards/.test(line);
  /** Reads one batch of stripes. `isHeld` says of the number of a request whether it must wait until `isEnough`. */
  const requestsOf = async (
    options: ReadOptions,
    isHeld: (n: number) => boolean = () => false,
    isEnough: (n: number) => boolean = () => true,
  ): Promise<number> => {
    let count = 0;
    const enough = Promise.withResolvers<undefined>();
    server.fault = (method, path) => {
      if (!isOfShard(`${method} ${path}`)) return undefined;
      count++;
      if (isEnough(count)) enough.resolve(undefined);
      return isHeld(count) ? enough.promise : undefined;
    };
    await read(store, "large", { range: { start: 0, end: 1000 }, ...options });
    return count;
  };
  // What opens the shards, and the units of four of them.
  const usual = await requestsOf({});
  const opening = usual - 4;
  // No unit is answered before five were asked for: without the fifth this would wait for ever.
  const isOfUnit = (n: number): boolean => n > opening;
  const asked = await requestsOf({ hedge: "always" }, isOfUnit, (n) => n === opening + 5);
  expect(asked).toBe(usual + 1);
  await expect(read(store, "large", { hedge: "never" as never })).rejects.toThrow("hedge");
});

it("who is not measured is waited for, and what is not enough is, too", async () => {
  const ends: string[] = [];
  const answerOf = (name: string, ms: number): Promise<void> =>
    new Promise((done) => {
      setTimeout(() => {
        ends.push(name);
        done();
      }, ms);
    });
  await settleEnough(
    [
      { answer: answerOf("quick", 1), pace: undefined },
      { answer: answerOf("a disk", 200), pace: undefined },
    ],
    1,
    () => true,
  );
  expect(ends).toEqual(["quick", "a disk"]);
});
