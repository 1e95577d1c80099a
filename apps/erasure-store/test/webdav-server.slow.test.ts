import { mkdirSync, rmSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { goTool, isInstalled, type RunningServer, startServer, tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { initStore, openStore } from "../src/index.ts";
import { collectionOf, surviveFaults } from "./fault-suite.ts";
import { BACKENDS, readAll } from "./stores.ts";

// A real WebDAV server, written by others: installed, or built here, which takes minutes.
const program = isInstalled("rclone", "version") ? "rclone" : goTool("github.com/rclone/rclone", "v1.71.2");
const ENVIRONMENT = { DAV_USERNAME: "user", DAV_PASSWORD: "pass word" };
const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));

function startWebDav(place: string): Promise<RunningServer> {
  const args = (port: number): string[] => [
    "serve",
    "webdav",
    ...["--addr", `127.0.0.1:${port}`, "--user", "user", "--pass", "pass word"],
    `${place}/data`,
  ];
  return startServer(program!, args, { RCLONE_CONFIG: `${place}/rclone.conf` });
}

describe.skipIf(program === undefined)(
  `rclone serve webdav${program ? "" : " (skipped: it cannot be built here)"}`,
  () => {
    it("keeps small and large objects, ranges, repairs, locks and removals", async () => {
      using place = tempDirectory();
      mkdirSync(`${place.path}/data`);
      await using server = await startWebDav(place.path);
      const vfs = new MemoryVfs();
      const backendOf = (name: string): { location: string; credentials: string } => ({
        location: `webdav:${server.endpoint}/${name}`,
        credentials: "env:DAV",
      });
      const backends = Object.fromEntries(BACKENDS.map((name) => [name, backendOf(name)]));
      await initStore(vfs, "store.yaml", { backends }, ENVIRONMENT);
      const store = await openStore("store.yaml", { vfs, environment: ENVIRONMENT });
      for (const length of [0, 4096, 4097, 300_000, 20_000_000]) {
        await store.put(`o/${length}`, [bytesOf(length)]);
        expect(Buffer.compare(await readAll(store, `o/${length}`), bytesOf(length))).toBe(0);
      }
      await Promise.all([store.put("both", [bytesOf(5000)]), store.put("both", [bytesOf(6000)])]);
      const both = await readAll(store, "both");
      expect(both).toEqual(bytesOf(both.length));
      for (const name of ["b", "e"]) rmSync(`${place.path}/data/${name}`, { recursive: true });
      expect(Buffer.compare(await readAll(store, "o/20000000"), bytesOf(20_000_000))).toBe(0);
      const wrong = await openStore("store.yaml", {
        vfs,
        environment: { ...ENVIRONMENT, DAV_PASSWORD: "x" },
      });
      await expect(wrong.list()).rejects.toThrow("the server answers 401");
    });

    it.each([1, 2])(
      "has the right bytes or a clear error over a network that fails at random (seed %i)",
      async (seed) => {
        using place = tempDirectory();
        mkdirSync(`${place.path}/data`);
        await using server = await startWebDav(place.path);
        const environment = { WEBDAV_USERNAME: "user", WEBDAV_PASSWORD: "pass word" };
        const run = await surviveFaults(server.endpoint, environment, seed, 60, collectionOf);
        expect(run.faults).toBeGreaterThan(100);
      },
    );
  },
);
