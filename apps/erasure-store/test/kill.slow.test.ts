import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@millrace/base";
import { diskVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { initStore, openStore } from "../src/index.ts";
import { contentOf } from "./crash-suite.ts";
import { KILL_NAMES, type KillLine, KillModel } from "./kill-model.ts";
import { BACKENDS } from "./stores.ts";

const CHILD = fileURLToPath(new URL("./kill-child.ts", import.meta.url));
/** How many processes are killed. */
const KILLS = Number(process.env.MILLRACE_TEST_STORE_KILLS ?? 200);

/** Runs a process until it kills itself, or is killed so many milliseconds after it was ready. */
async function killedChild(
  config: string,
  seed: number,
  killAt: number,
  delayMs: number,
): Promise<KillLine[]> {
  const args = ["--conditions=@millrace/source", CHILD, config, String(seed), String(killAt)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  child.stdout.on("data", (chunk: Buffer) => {
    if (said === "" && killAt === 0) setTimeout(() => child.kill("SIGKILL"), delayMs);
    said += chunk.toString();
  });
  const signal = await new Promise((resolve) => child.on("close", (_code, by) => resolve(by)));
  expect(signal, complaint).toBe("SIGKILL");
  const lines = said.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as KillLine);
}

it(`keeps what was acknowledged, and leaves nothing that a scrub does not find, over ${KILLS} kills`, async () => {
  using directory = tempDirectory();
  const config = join(directory.path, "store.yaml");
  const backends = Object.fromEntries(BACKENDS.map((name) => [name, `dir:${name}`]));
  await initStore(diskVfs, config, { unitBytes: 1024, inlineBytes: 200, backends });
  const model = new KillModel();
  const random = seededRandom(7);
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    // Every second one dies at a planned call.
    const killAt = kill % 2 === 0 ? random.nextInt(1, 600) : 0;
    acknowledged += model.follow(await killedChild(config, kill, killAt, random.nextInt(0, 150)));
    const store = await openStore(config);
    for (const name of KILL_NAMES) {
      const found = await contentOf(store, name);
      expect(model.settle(name, found), `kill ${kill}: ${name} has ${found?.length} bytes`).toBe(true);
    }
    expect((await store.verify()).lost, `kill ${kill}`).toBe(0);
    expect(await store.repair()).toMatchObject({ lost: [], failed: [] });
    if (kill % 5 !== 4) continue;
    await store.scrub({ orphanAgeMs: 0, removeOrphans: true });
    expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({
      problems: [],
      orphans: [],
      halfWritten: 0,
    });
    // The lock of a dead process is taken over, and nothing else lies about.
    expect(readdirSync(directory.path).sort()).toEqual([...BACKENDS, "store.yaml"]);
    for (const name of BACKENDS) {
      // What a process left that was killed as it made its lock goes when the next one takes it first.
      const there = readdirSync(join(directory.path, name)).filter((one) => !/^lock\..*\.tmp$/.test(one));
      expect(there.sort()).toEqual(["manifests", "shards"]);
    }
  }
  expect(acknowledged).toBeGreaterThan(KILLS);
});
