import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FaultProxy, PROXY_FAULTS } from "@millrace/testkit";
import { expect } from "vitest";
import { type ErasureStore, initStore, openStore } from "../src/index.ts";
import { BACKENDS, readAll } from "./stores.ts";

/** What a run of {@link surviveFaults} did. */
export interface FaultRun {
  readonly faults: number;
  readonly failures: number;
}

/** Where a backend is on a server of the other kind. */
export type LocationOf = (address: string, name: string) => string;

const bucketOf: LocationOf = (address, name) => `s3://${name}?endpoint=${address}`;
/** Where a backend is on a WebDAV server, whose user the environment names by WEBDAV. */
export const collectionOf: LocationOf = (address, name) => `webdav:${address}/${name}`;

const NAMES = ["a", "b/c", "d"];
const PATIENCE = { attempts: 3, baseDelayMs: 1, idleMs: 2000 };
const keyOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/**
 * Puts, gets, repairs and moves objects at random over a network that fails at random, and compares with a map: what is
 * read is a version that was put, no acknowledged one is lost, and what failed puts left is found by a scrub.
 * @param endpoint - of an S3 server, or of one as `locationOf` names its places
 */
export async function surviveFaults(
  endpoint: string,
  environment: Readonly<Record<string, string>>,
  seed: number,
  steps: number,
  locationOf: LocationOf = bucketOf,
): Promise<FaultRun> {
  const random = seededRandom(seed);
  await using proxy = new FaultProxy(endpoint, {
    seed,
    faults: PROXY_FAULTS.filter((one) => one !== "silent"),
  });
  const address = await proxy.listen();
  const vfs = new MemoryVfs();
  const backends = Object.fromEntries(
    BACKENDS.map((name) => [name, locationOf(address, `faults-${seed}-${name}`)]),
  );
  await initStore(vfs, "store.yaml", { unitBytes: 1024, inlineBytes: 200, backends }, environment);
  const open = (): Promise<ErasureStore> => openStore("store.yaml", { vfs, environment, patience: PATIENCE });
  const store = await open();
  /** The contents that each object may have; undefined where it may be absent. */
  const model = new Map<string, Set<string | undefined>>(NAMES.map((name) => [name, new Set([undefined])]));
  let failures = 0;
  /** Whether it went well; whatever fails must fail with an error of ours. */
  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      expect(isMillraceError(error), String(error)).toBe(true);
      failures++;
      return false;
    }
  };
  const get = async (name: string): Promise<void> => {
    try {
      expect([...model.get(name)!]).toContain(keyOf(await readAll(store, name)));
    } catch (error) {
      if (!isMillraceError(error, "STORE_OBJECT_UNKNOWN")) throw error;
      expect([...model.get(name)!]).toContain(undefined);
    }
  };
  for (let step = 0; step < steps; step++) {
    const name = NAMES[random.nextInt(0, NAMES.length - 1)]!;
    const kind = random.nextInt(0, 9);
    proxy.rate = 0.1;
    if (kind < 5) {
      const bytes = random.fill(new Uint8Array(random.nextInt(0, 1) * random.nextInt(0, 40_000)));
      const isDone = await attempt(() => store.put(name, [bytes]));
      model.set(name, new Set([...(isDone ? [] : model.get(name)!), keyOf(bytes)]));
    } else if (kind < 8) await attempt(() => get(name));
    else if (kind === 8) await attempt(() => store.repair());
    else await attempt(() => store.rebalance());
    proxy.rate = 0;
    await get(name);
  }
  proxy.rate = 0;
  const calm = await open();
  expect(await calm.repair()).toMatchObject({ lost: [], failed: [] });
  for (const name of NAMES) await get(name);
  await calm.scrub({ orphanAgeMs: 0, removeOrphans: true });
  expect(await calm.scrub({ orphanAgeMs: 0 })).toMatchObject({ problems: [], orphans: [] });
  const faults = [...proxy.counts.values()].reduce((sum, count) => sum + count, 0);
  return { faults, failures };
}
