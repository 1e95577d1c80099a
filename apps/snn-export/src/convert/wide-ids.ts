import { wordsOf } from "@millrace/buffers";
import type { IndexArray } from "../loader/run-tree.ts";

/** Ids as uint64, each through `names`, without a bigint for each. */
export function wideIds(ids: IndexArray, names: Float64Array): BigUint64Array<ArrayBuffer> {
  const wide = new BigUint64Array(ids.length);
  const words = wordsOf(wide);
  for (let i = 0; i < ids.length; i++) {
    const name = names[ids[i]!]!;
    words[2 * i] = name;
    words[2 * i + 1] = name / 2 ** 32;
  }
  return wide;
}
