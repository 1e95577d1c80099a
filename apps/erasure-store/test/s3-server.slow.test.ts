import { mkdirSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FaultProxy, goTool, startServer, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { initStore, openStore } from "../src/index.ts";
import { surviveFaults } from "./fault-suite.ts";
import { useBuckets } from "./s3-server-suite.ts";
import { readAll, writeFileBytes } from "./stores.ts";

// A real S3 server, written by others.
const program = goTool("github.com/versity/versitygw/cmd/versitygw", "v1.8.0");
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "id-of-tests", AWS_SECRET_ACCESS_KEY: "secret-of-tests" };
const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));

describe.skipIf(program === undefined)(
  `versitygw${program ? "" : " (skipped: it cannot be built here)"}`,
  () => {
    let place: TempDirectory;
    let server: Awaited<ReturnType<typeof startServer>>;
    beforeAll(async () => {
      place = tempDirectory();
      mkdirSync(`${place.path}/data`);
      const root = { ROOT_ACCESS_KEY: "id-of-tests", ROOT_SECRET_KEY: "secret-of-tests" };
      const args = (port: number): string[] => ["--port", `127.0.0.1:${port}`, "posix", `${place.path}/data`];
      server = await startServer(program!, args, root);
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    });

    it("keeps small and large objects, ranges, repairs, locks and removals", async () => {
      await useBuckets(server.endpoint, ENVIRONMENT);
    });

    it.each([1, 2, 3, 4])(
      "has the right bytes or a clear error over a network that fails at random (seed %i), and nothing is lost or left",
      async (seed) => {
        const run = await surviveFaults(server.endpoint, ENVIRONMENT, seed, 60);
        expect(run.faults).toBeGreaterThan(100);
      },
    );

    it("goes on with the parts that it has, and finds those that nobody goes on with", async () => {
      let parts = 0;
      const isPart = (method: string, path: string): boolean =>
        method === "PUT" && path.includes("partNumber=");
      await using proxy = new FaultProxy(server.endpoint, {
        seed: 1,
        faults: ["5xx"],
        applies: (method, path) => isPart(method, path) && ++parts > 9,
      });
      const address = await proxy.listen();
      const vfs = new MemoryVfs();
      const locationOf = (name: string): string => `s3://resume-${name}?endpoint=${address}`;
      const backends = Object.fromEntries(["a", "b", "c"].map((name) => [name, locationOf(name)]));
      await initStore(vfs, "store.yaml", { dataShards: 2, parityShards: 1, backends }, ENVIRONMENT);
      const patience = { attempts: 1, baseDelayMs: 1, idleMs: 10_000 };
      const store = await openStore("store.yaml", { vfs, environment: ENVIRONMENT, patience });
      const file = bytesOf(44_000_000);
      await writeFileBytes(vfs, "file", file);
      proxy.rate = 1;
      await expect(store.put("o", "file", { resume: true })).rejects.toThrow("was not stored");
      // 15 parts in all, of which 9 are there: what is sent again is not refused.
      parts = 3;
      await store.put("o", "file", { resume: true });
      expect(parts).toBe(9);
      expect(Buffer.compare(await readAll(store, "o"), file)).toBe(0);
      parts = 0;
      await expect(store.put("p", "file", { resume: true })).rejects.toThrow("was not stored");
      const { removed } = await store.scrub({ orphanAgeMs: 0, removeOrphans: true });
      expect(removed).toBeGreaterThan(0);
      expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({
        removed: 0,
        problems: [],
      });
    });
  },
);
