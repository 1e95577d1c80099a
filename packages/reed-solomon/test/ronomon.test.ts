import { describe, expect, it } from "vitest";
import { isRonomonInstalled, newReedSolomon, newRonomonEngine } from "../src/index.ts";
import { describeEngine } from "./engine-suite.ts";

const isInstalled = await isRonomonInstalled();
const title = isInstalled
  ? "the native engine"
  : "the native engine (skipped: @ronomon/reed-solomon is absent)";

describe.skipIf(!isInstalled)(title, () => {
  describeEngine(
    "the ronomon engine",
    (dataShards, parityShards) => newRonomonEngine({ dataShards, parityShards }),
    { k: 24, m: 6 },
  );

  it("makes bytes of a family of its own", async () => {
    const native = await newRonomonEngine({ dataShards: 2, parityShards: 2 });
    const plain = newReedSolomon({ dataShards: 2, parityShards: 2, matrix: "cauchy" });
    const make = () => [1, 2, 0, 0].map((byte) => new Uint8Array(64).fill(byte));
    const [a, b] = [make(), make()];
    await native.encode(a);
    await plain.encode(b);
    expect(native.codeFamily).toBe("ronomon-cauchy");
    expect(a).not.toEqual(b);
  });

  it("refuses what would end the process", async () => {
    await expect(newRonomonEngine({ dataShards: 25 })).rejects.toThrow("dataShards");
    await expect(newRonomonEngine({ parityShards: 7 })).rejects.toThrow("parityShards");
    const engine = await newRonomonEngine({ dataShards: 2, parityShards: 1 });
    const odd = [new Uint8Array(7), new Uint8Array(7), new Uint8Array(7)];
    await expect(engine.encode(odd)).rejects.toThrow("a multiple of 8");
  });

  it("runs several calls at once", async () => {
    const engine = await newRonomonEngine({ dataShards: 4, parityShards: 2 });
    const sets = Array.from({ length: 10 }, (_, set) =>
      Array.from({ length: 6 }, (_, i) => new Uint8Array(256 * (1 + (set % 3))).fill(set * 6 + i)),
    );
    await Promise.all(sets.map((shards) => engine.encode(shards)));
    for (const shards of sets) expect(await engine.verify(shards)).toBe(true);
  });
});
