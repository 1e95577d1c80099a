import { seededRandom } from "@millrace/base";
import { afterAll, describe, expect, it } from "vitest";
import {
  MATRIX_NAMES,
  newReedSolomon,
  newThreadedReedSolomon,
  type ThreadedEngine,
} from "../../src/index.ts";
import { shareOut } from "../../src/threads/share-out.ts";

const engines: ThreadedEngine[] = [];

function threaded(options: Parameters<typeof newThreadedReedSolomon>[0]): ThreadedEngine {
  const engine = newThreadedReedSolomon(options);
  engines.push(engine);
  return engine;
}

afterAll(() => Promise.all(engines.map((engine) => engine.close())));

/** Shards with the same bytes in the memory of an engine, all of them. */
function filledShards(engine: { allocateShards(bytes: number): Uint8Array[] }, bytes: number): Uint8Array[] {
  const shards = engine.allocateShards(bytes);
  for (const [i, shard] of shards.entries()) seededRandom(i).fill(shard);
  return shards;
}

function expectSame(found: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  for (const [i, shard] of found.entries()) expect(Buffer.compare(shard, expected[i]!)).toBe(0);
}

describe.each(MATRIX_NAMES)("threads over shared memory, %s", (matrix) => {
  const shape = { dataShards: 5, parityShards: 3, matrix };
  const stripes = { start: 8, unitBytes: 20_009, stride: 20_020, count: 7 };
  const shardBytes = 150_000;

  it("make the bytes of one thread, in stripes and in one piece", async () => {
    const engine = threaded({ ...shape, threads: 3 });
    const plain = newReedSolomon({ ...shape, engine: "typescript" });
    for (const range of [stripes, undefined, { ...stripes, unitBytes: 149_991, stride: 149_991, count: 1 }]) {
      const found = filledShards(engine, shardBytes);
      const expected = filledShards(plain, shardBytes);
      await engine.encode(found, range);
      await plain.encode(expected, range);
      expectSame(found, expected);
      expect(await engine.verify(found, range)).toBe(true);
      for (const lost of [found[0]!, found[2]!, found[6]!]) lost.fill(0);
      const copy = expected.map((shard, i) => ([0, 2, 6].includes(i) ? new Uint8Array(shardBytes) : shard));
      await engine.reconstruct(found, [7, 1, 3, 4, 5], [6, 0, 2], range);
      await plain.reconstruct(copy, [7, 1, 3, 4, 5], [6, 0, 2], range);
      expectSame(found, copy);
    }
  });

  it("work on several calls at once, and on several memories", async () => {
    const engine = threaded({ ...shape, threads: 2 });
    const plain = newReedSolomon(shape);
    const expected = filledShards(plain, shardBytes);
    await plain.encode(expected);
    const sets = Array.from({ length: 5 }, () => filledShards(engine, shardBytes));
    await Promise.all(sets.map((set) => engine.encode(set)));
    for (const set of sets) expectSame(set, expected);
    // Both in one memory: what is made from the data, and what is made from parity.
    const [first] = sets;
    const rebuilt = first!.with(0, filledShards(engine, shardBytes)[0]!);
    await Promise.all([
      engine.encode(first!),
      engine.reconstruct(rebuilt, [1, 2, 3, 4, 5], [0]),
      engine.encode(sets[1]!),
    ]);
    expectSame(rebuilt, expected);
  });
});

it("codes ordinary memory and small calls on the thread that calls", async () => {
  const engine = threaded({ threads: 1 });
  const plain = newReedSolomon();
  for (const found of [filledShards(plain, 100_000), filledShards(engine, 100)]) {
    const expected = found.map((shard) => shard.slice());
    await plain.encode(expected);
    await engine.encode(found);
    expectSame(found, expected);
  }
});

it("refuses work when it is closed, and what it cannot do", async () => {
  const engine = newThreadedReedSolomon({ dataShards: 2, parityShards: 1, threads: 1 });
  const shards = engine.allocateShards(1 << 20);
  await engine.encode(shards);
  await engine.close();
  await engine.close();
  await expect(engine.encode(shards)).rejects.toThrow("worker pool");
  expect(() => newThreadedReedSolomon({ threads: 0 })).toThrow("threads");
  // @ts-expect-error: what a JavaScript caller may write
  expect(() => newThreadedReedSolomon({ engine: "wasm" })).toThrow("engine");
});

it("shares stripes out without gaps, and units along the lines of the cache", () => {
  const stripes = { start: 10, unitBytes: 1000, stride: 1008, count: 5 };
  expect(shareOut(stripes, 2)).toEqual([
    { ...stripes, count: 2 },
    { ...stripes, start: 10 + 2 * 1008, count: 3 },
  ]);
  expect(shareOut({ ...stripes, count: 1 }, 3)).toEqual([
    { ...stripes, count: 1, unitBytes: 320 },
    { ...stripes, count: 1, start: 330, unitBytes: 320 },
    { ...stripes, count: 1, start: 650, unitBytes: 360 },
  ]);
  expect(shareOut({ ...stripes, unitBytes: 50, count: 1 }, 2)).toEqual([
    { ...stripes, unitBytes: 50, count: 1 },
  ]);
});
