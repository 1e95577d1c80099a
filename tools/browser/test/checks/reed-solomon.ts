import { seededRandom } from "@millrace/base";
import { MATRIX_NAMES, newReedSolomon } from "@millrace/reed-solomon";
import { hexOf } from "./bytes.ts";

const ENGINES = ["typescript", "wasm"] as const;

/** Parity of random shards, and two lost ones made again, of @millrace/reed-solomon's engines. */
export async function checkReedSolomon(): Promise<object> {
  const codes = MATRIX_NAMES.flatMap((matrix) => ENGINES.map((engine) => ({ matrix, engine })));
  const results = codes.map(async (code) => {
    const engine = newReedSolomon({ dataShards: 6, parityShards: 3, ...code });
    const random = seededRandom(37);
    const shards = Array.from({ length: 9 }, (_, i) =>
      i < 6 ? random.fill(new Uint8Array(1000)) : new Uint8Array(1000),
    );
    await engine.encode(shards);
    const damaged = shards.with(2, new Uint8Array(1000)).with(7, new Uint8Array(1000));
    const isDamageSeen = !(await engine.verify(damaged));
    await engine.reconstruct(damaged, [0, 1, 3, 4, 5, 6, 8], [2, 7]);
    return {
      matrix: code.matrix,
      engine: engine.name,
      parity: shards.slice(6).map(hexOf),
      isDamageSeen,
      isRepaired: damaged.every((shard, i) => hexOf(shard) === hexOf(shards[i]!)),
      isVerified: await engine.verify(damaged),
    };
  });
  return Promise.all(results);
}
