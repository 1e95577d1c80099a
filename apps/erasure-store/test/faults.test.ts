import { isMillraceError, seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { expect, it } from "vitest";
import type { ErasureStore } from "../src/index.ts";
import { filesOf, makeStore, readAll } from "./stores.ts";

const OLD = seededRandom(1).fill(new Uint8Array(200));
const NEW = seededRandom(2).fill(new Uint8Array(300));

/** By which objects are small, so that they lie in their manifests: none, the old one, or both. */
const INLINE_BYTES = [0, 250, 400];

async function storeWithOld(seed: number, inlineBytes = 0): Promise<{ vfs: FaultyVfs; store: ErasureStore }> {
  const vfs = new FaultyVfs(seed);
  const { store } = await makeStore({ inlineBytes }, vfs);
  await store.put("o", [OLD]);
  return { vfs, store };
}

/** Names of files without what a put draws anew. */
const shapeOf = (files: readonly string[]): string[] =>
  files.map((path) => path.replace(/\.[0-9a-f]{32}\./, ".upload.")).sort();

it.each(
  (["write", "sync", "rename", "open", "syncDirectory"] as const).flatMap((call) =>
    INLINE_BYTES.map((inlineBytes) => [call, inlineBytes] as const),
  ),
)(
  "keeps the old object or has the new one, and no orphans, when any one %s fails; small up to %i bytes",
  async (call, inlineBytes) => {
    for (let n = 1; ; n++) {
      const { vfs, store } = await storeWithOld(n, inlineBytes);
      const before = await filesOf(vfs);
      const calls = vfs.callCount(call);
      vfs.failNth({ call, n, error: "ENOSPC" });
      const outcome = await store.put("o", [NEW]).catch((error: unknown) => error);
      const isFailure = outcome instanceof Error;
      expect(await readAll(store, "o")).toEqual(isFailure ? OLD : NEW);
      const after = await filesOf(vfs);
      if (isFailure) expect(after).toEqual(before);
      else if (inlineBytes !== 250) expect(before.length - after.length).toBeLessThanOrEqual(1);
      expect(after.filter((path) => path.endsWith(".tmp") || path.endsWith("lock"))).toEqual([]);
      if (vfs.callCount(call) - calls < n) break;
    }
  },
);

it.each(["write", "sync", "rename"] as const)(
  "keeps the old object when all further calls of %s fail",
  async (call) => {
    for (let n = 1; ; n++) {
      const { vfs, store } = await storeWithOld(n);
      const before = await filesOf(vfs);
      const calls = vfs.callCount(call);
      vfs.failNth({ call, n, error: "ENOSPC", times: Number.POSITIVE_INFINITY });
      const outcome = await store.put("o", [NEW]).catch((error: unknown) => error);
      const found = await readAll(store, "o");
      if (!(outcome instanceof Error)) expect(found).toEqual(NEW);
      else if (!isMillraceError(outcome, "STORE_COMMIT_UNDECIDED")) {
        expect(found).toEqual(OLD);
        expect(shapeOf(await filesOf(vfs))).toEqual(shapeOf(before));
      } else expect([OLD.length, NEW.length]).toContain(found.length);
      if (vfs.callCount(call) - calls < n) break;
    }
  },
);
