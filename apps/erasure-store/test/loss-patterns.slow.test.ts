import { seededRandom } from "@millrace/base";
import { expect, it } from "vitest";
import { filesIn, makeStore, readAll, readFileBytes, writeFileBytes } from "./stores.ts";

/** All sets of `count` numbers below `total`. */
function* choose(total: number, count: number, from = 0): Generator<number[], void, undefined> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= total - count; first++) {
    for (const rest of choose(total, count - 1, first + 1)) yield [first, ...rest];
  }
}

// The third number is the sum of C(k + m, 1) to C(k + m, m).
it.each([
  [2, 1, 3],
  [4, 2, 21],
  [6, 3, 129],
  [8, 4, 793],
  [10, 4, 1470],
  [17, 3, 1350],
])("makes good every pattern of losses that %i+%i allows", async (dataShards, parityShards, expected) => {
  const total = dataShards + parityShards;
  const backends = Object.fromEntries(Array.from({ length: total }, (_, i) => [`d${i}`, `dir:d${i}`]));
  const { vfs, store } = await makeStore({ dataShards, parityShards, backends });
  const bytes = seededRandom(total).fill(new Uint8Array(16 * dataShards + 5));
  await store.put("o", [bytes]);
  const paths = await filesIn(vfs, "shards", Object.keys(backends));
  const kept = await Promise.all(paths.map((path) => readFileBytes(vfs, path)));
  let patterns = 0;
  for (let count = 1; count <= parityShards; count++) {
    for (const lost of choose(total, count)) {
      for (const i of lost) await vfs.remove(paths[i]!);
      expect(Buffer.compare(await readAll(store, "o"), bytes)).toBe(0);
      for (const i of lost) await writeFileBytes(vfs, paths[i]!, kept[i]!);
      patterns++;
    }
  }
  expect(patterns).toBe(expected);
});
