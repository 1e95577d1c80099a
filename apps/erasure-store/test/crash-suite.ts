import { isMillraceError, seededRandom } from "@millrace/base";
import { joinPath, type Vfs } from "@millrace/files";
import { FaultyVfs } from "@millrace/testkit";
import { expect } from "vitest";
import { type ErasureStore, initStore, openStore, type StoreConfig } from "../src/index.ts";
import { BACKENDS, readAll, SMALL_CONFIG } from "./stores.ts";

/** Something that is done to a store with the objects "o" and "bystander", and may be cut off at any moment. */
export interface CrashScenario {
  readonly name: string;
  readonly config?: Partial<StoreConfig>;
  /** The configuration from then on. */
  readonly configAfter?: Partial<StoreConfig>;
  /** What "o" is before; undefined: it is not there. */
  readonly before: Uint8Array | undefined;
  /** Damage, and the like, before the work. */
  prepare?(vfs: Vfs, store: ErasureStore): Promise<void>;
  work(store: ErasureStore): Promise<unknown>;
  /** What "o" is when the work is done. */
  readonly after: Uint8Array | undefined;
}

/** How thoroughly, and how often. */
export interface CrashOptions {
  readonly seed: number;
  /** What of that which was not synced survives: a part, or "torn" for any subset, in any order. */
  readonly survivals: readonly (number | "torn")[];
}

const BYSTANDER = seededRandom(99).fill(new Uint8Array(150));

/**
 * Cuts the power at every changing call of a scenario's work, one after the other, and looks at what is left: the object
 * is the old one or the new one, the new one where that was said; nothing else is touched; what is not the object's a
 * scrub finds, and a second one finds nothing.
 * @returns at how many moments
 */
export async function cutPowerEverywhere(scenario: CrashScenario, options: CrashOptions): Promise<number> {
  for (let halt = 0; ; halt++) {
    const seed = options.seed + halt;
    const vfs = new FaultyVfs(seed);
    const config = { ...SMALL_CONFIG, ...scenario.config };
    await initStore(vfs, "store.yaml", config);
    const first = await openStore(config, { vfs });
    await first.put("bystander", [BYSTANDER]);
    if (scenario.before !== undefined) await first.put("o", [scenario.before]);
    await scenario.prepare?.(vfs, first);
    const configAfter = { ...config, ...scenario.configAfter };
    const store = await openStore(configAfter, { vfs });
    vfs.haltAfter(halt);
    const outcome: unknown = await scenario.work(store).then(
      () => "done",
      (error: unknown) => error,
    );
    const isHalted = vfs.isHalted;
    if (outcome !== "done") {
      expect(isHalted, String(outcome)).toBe(true);
      expect(isMillraceError(outcome), String(outcome)).toBe(true);
    }
    const random = seededRandom(seed);
    for (const survival of options.survivals) {
      const left = vfs.crash(random, survival === "torn" ? {} : { survival });
      const where = `${scenario.name}, call ${halt}, survival ${survival}`;
      await expectWhole(left, configAfter, scenario, outcome === "done", where);
    }
    if (!isHalted) return halt;
  }
}

/** Looks at what a crash left of a scenario, and cleans up. */
async function expectWhole(
  vfs: Vfs,
  config: StoreConfig,
  { before, after }: CrashScenario,
  isDone: boolean,
  where: string,
): Promise<void> {
  const store = await openStore(config, { vfs });
  const found = await contentOf(store, "o");
  const isNew = isSame(found, after);
  if (isDone) expect(isNew, `${where}: what was acknowledged`).toBe(true);
  expect(isNew || isSame(found, before), `${where}: the old one or the new one`).toBe(true);
  expect((await store.verify()).lost, where).toBe(0);
  const repaired = await store.repair();
  expect({ where, lost: repaired.lost, failed: repaired.failed }).toEqual({ where, lost: [], failed: [] });
  await store.scrub({ orphanAgeMs: 0, removeOrphans: true });
  const { problems, orphans, halfWritten } = await store.scrub({ orphanAgeMs: 0 });
  expect({ where, problems, orphans, halfWritten }).toEqual({
    where,
    problems: [],
    orphans: [],
    halfWritten: 0,
  });
  expect(isSame(await contentOf(store, "o"), found), `${where}: as before the repair`).toBe(true);
  expect(isSame(await contentOf(store, "bystander"), BYSTANDER), `${where}: the other object`).toBe(true);
  const strange = (await everyFile(vfs)).filter((path) => !/\/(manifests|shards)\/[0-9a-f]/.test(path));
  expect({ where, strange }).toEqual({ where, strange: ["store.yaml"] });
}

/** An object's bytes; undefined where there is none. @throws what else a get throws */
export async function contentOf(store: ErasureStore, name: string): Promise<Uint8Array | undefined> {
  try {
    return await readAll(store, name);
  } catch (error) {
    if (isMillraceError(error, "STORE_OBJECT_UNKNOWN")) return undefined;
    throw error;
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.compare(a, b) === 0;
}

async function everyFile(vfs: Vfs, directory = "."): Promise<string[]> {
  const files: string[] = [];
  for (const { name, kind } of await vfs.list(directory)) {
    const path = directory === "." ? name : joinPath(directory, name);
    if (kind === "directory") files.push(...(await everyFile(vfs, path)));
    else files.push(path);
  }
  return files;
}

const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));

/** Loses backend `name`'s files, as a disk that was replaced by an empty one. */
async function empty(vfs: Vfs, name: string): Promise<void> {
  await vfs.remove(name, { recursive: true });
  for (const area of ["manifests", "shards"]) {
    await vfs.makeDirectory(`${name}/${area}`);
    await vfs.syncDirectory(name);
  }
  await vfs.syncDirectory(".");
}

/** All that changes a store. @param large - bytes of a large object; @param config - of the store */
export function crashScenarios(large: number, config: Partial<StoreConfig> = {}): CrashScenario[] {
  const inlineBytes = 100;
  const small = [bytesOf(50), bytesOf(60)] as const;
  const big = [bytesOf(large), bytesOf(large + 30)] as const;
  const withSmall = { ...config, inlineBytes };
  const put = (name: string, before: Uint8Array | undefined, after: Uint8Array): CrashScenario => ({
    name,
    config: withSmall,
    before,
    after,
    work: (store) => store.put("o", [after]),
  });
  const { a: _left, ...others } = { ...SMALL_CONFIG.backends, ...config.backends };
  return [
    put("put of a large object", undefined, big[0]),
    put("put of a small object", undefined, small[0]),
    put("put of an empty object", undefined, new Uint8Array(0)),
    put("large over large", big[0], big[1]),
    put("small over small", small[0], small[1]),
    put("small over large", big[0], small[0]),
    put("large over small", small[0], big[0]),
    ...[big[0], small[0]].map((before) => ({
      name: `removal of ${before.length} bytes`,
      config: withSmall,
      before,
      after: undefined,
      work: (store: ErasureStore) => store.remove("o"),
    })),
    ...[big[0], small[0]].map((before) => ({
      name: `repair of ${before.length} bytes`,
      config: withSmall,
      before,
      after: before,
      prepare: (vfs: Vfs) => empty(vfs, BACKENDS[3]!),
      work: (store: ErasureStore) => store.repair(),
    })),
    ...[big[0], small[0]].map((before) => ({
      name: `rebalancing of ${before.length} bytes`,
      config: withSmall,
      before,
      after: before,
      // One that joins in place of one that leaves.
      configAfter: { backends: { ...others, g: "dir:g" } },
      prepare: (vfs: Vfs) =>
        (async () => {
          await vfs.makeDirectory("g");
          await empty(vfs, "g");
        })(),
      work: (store: ErasureStore) => store.rebalance(),
    })),
  ];
}
