import { isMillraceError, seededRandom } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ErasureEngine } from "../src/index.ts";

type MakeEngine = (dataShards: number, parityShards: number) => Promise<ErasureEngine>;

/** Shards with random data, encoded; each a part of a larger buffer, at an odd offset. */
async function encodedShards(engine: ErasureEngine, length: number, seed = 1): Promise<Uint8Array[]> {
  const random = seededRandom(seed);
  const count = engine.dataShards + engine.parityShards;
  const memory = new Uint8Array(count * (length + 3));
  const shards = Array.from({ length: count }, (_, i) =>
    memory.subarray(i * (length + 3) + 1, i * (length + 3) + 1 + length),
  );
  for (const shard of shards.slice(0, engine.dataShards)) random.fill(shard);
  await engine.encode(shards);
  return shards;
}

/** What every engine promises, whichever bytes it makes. */
export function describeEngine(name: string, makeEngine: MakeEngine, limits: { k: number; m: number }): void {
  describe(name, () => {
    it("gives back any shards that are lost, up to the number of parity shards", async () => {
      const property = fc.asyncProperty(
        fc.integer({ min: 1, max: limits.k }),
        fc.integer({ min: 1, max: limits.m }),
        fc.integer({ min: 0, max: 40 }),
        fc.infiniteStream(fc.nat()),
        async (k, m, eights, numbers) => {
          const engine = await makeEngine(k, m);
          const shards = await encodedShards(engine, eights * 8, k * 100 + m);
          const left = shards.map((_, i) => i);
          const lost: number[] = [];
          const draw = (): number => numbers.next().value ?? 0;
          for (let n = draw() % (m + 1); n > 0; n--) lost.push(...left.splice(draw() % left.length, 1));
          const damaged = shards.map((shard, i) => (lost.includes(i) ? shard.map((b) => b ^ 85) : shard));
          await engine.reconstruct(damaged, left, lost);
          for (const i of lost) expect(Buffer.compare(damaged[i]!, shards[i]!)).toBe(0);
        },
      );
      await fc.assert(property, { numRuns: 120 });
    });

    it("needs neither bytes nor memory for what is neither used nor wanted", async () => {
      const engine = await makeEngine(4, 2);
      const shards = await encodedShards(engine, 64);
      const wanted = new Uint8Array(64);
      await engine.reconstruct(
        [wanted, undefined, shards[2]!, shards[3]!, shards[4]!, shards[5]!],
        [5, 3, 4, 2],
        [0],
      );
      expect(wanted).toEqual(new Uint8Array(shards[0]!));
    });

    it("crosses the block limit of its inner loop", async () => {
      const engine = await makeEngine(5, 3);
      for (const length of [2040, 2048, 2056, 8192, 65_536]) {
        const shards = await encodedShards(engine, length);
        const filled = shards.map((shard, i) => (i === 0 || i === 6 ? new Uint8Array(length) : shard));
        await engine.reconstruct(filled, [1, 2, 3, 4, 5, 7], [0, 6]);
        expect(Buffer.compare(filled[0]!, shards[0]!)).toBe(0);
        expect(Buffer.compare(filled[6]!, shards[6]!)).toBe(0);
      }
    });

    it("says how many shards are there and how many it needs", async () => {
      const engine = await makeEngine(4, 2);
      const shards = await encodedShards(engine, 8);
      const failure = await engine.reconstruct(shards, [0, 1, 2], [3]).catch((error: unknown) => error);
      expect(isMillraceError(failure, "REED_SOLOMON_SHARDS_TOO_FEW")).toBe(true);
      expect(String(failure)).toContain("3 of 6 shards are there, 4 are needed");
      // The same shard three times is one shard.
      await expect(engine.reconstruct(shards, [0, 1, 2, 2], [3])).rejects.toThrow("3 of 6 shards");
    });

    it("finds each flipped byte when it verifies", async () => {
      const engine = await makeEngine(3, 2);
      const shards = await encodedShards(engine, 16_392);
      expect(await engine.verify(shards)).toBe(true);
      for (const [shard, byte] of [
        [0, 0],
        [2, 4103],
        [1, 16_391],
        [3, 16_383],
        [3, 16_384],
        [4, 16_391],
      ] as const) {
        shards[shard]![byte]! ^= 1;
        expect(await engine.verify(shards)).toBe(false);
        shards[shard]![byte]! ^= 1;
      }
    });

    it("gives memory for all shards, zeroed, and codes what is there", async () => {
      const engine = await makeEngine(4, 3);
      for (const length of [0, 8, 4032, 4096, 65_536]) {
        const shards = engine.allocateShards(length);
        expect(shards.map((shard) => shard.length)).toEqual(Array(7).fill(length));
        expect(shards.every((shard) => shard.every((byte) => byte === 0))).toBe(true);
        for (const shard of shards.slice(0, 4)) seededRandom(length).fill(shard);
        await engine.encode(shards);
        const copies = shards.map((shard) => shard.slice());
        expect(await engine.verify(copies)).toBe(true);
        for (const i of [1, 3, 5]) shards[i]!.fill(0);
        await engine.reconstruct(shards, [0, 2, 4, 6], [5, 1, 3, 1]);
        for (const [i, shard] of shards.entries()) expect(Buffer.compare(shard, copies[i]!)).toBe(0);
      }
      expect(() => engine.allocateShards(-1)).toThrow("shardBytes");
    });

    it("codes stripes as it codes each unit by itself, and leaves alone what lies between", async () => {
      const property = fc.asyncProperty(
        fc.integer({ min: 1, max: Math.min(limits.k, 9) }),
        fc.integer({ min: 1, max: Math.min(limits.m, 5) }),
        fc.record({
          start: fc.nat(40),
          eights: fc.integer({ min: 1, max: 20 }),
          gap: fc.nat(20),
          count: fc.nat(5),
          isAllocated: fc.boolean(),
        }),
        async (k, m, { start, eights, gap, count, isAllocated }) => {
          const engine = await makeEngine(k, m);
          const unitBytes = eights * 8;
          const stripes = { start, unitBytes, stride: unitBytes + gap, count };
          const length = Math.ceil((start + count * stripes.stride + 7) / 8) * 8;
          const shards = isAllocated
            ? engine.allocateShards(length)
            : Array.from({ length: k + m }, () => new Uint8Array(length));
          for (const [i, shard] of shards.entries()) seededRandom(i + 1).fill(shard);
          const expected = shards.map((shard) => shard.slice());
          for (let i = 0, at = start; i < count; i++, at += stripes.stride) {
            await engine.encode(expected.map((shard) => shard.subarray(at, at + unitBytes)));
          }
          await engine.encode(shards, stripes);
          for (const [i, shard] of shards.entries()) expect(Buffer.compare(shard, expected[i]!)).toBe(0);
          expect(await engine.verify(shards, stripes)).toBe(true);
          for (let i = 0, at = start; i < count; i++, at += stripes.stride) {
            shards[0]!.fill(0, at, at + unitBytes);
          }
          await engine.reconstruct(
            shards,
            shards.map((_, i) => i).filter((i) => i > 0),
            [0],
            stripes,
          );
          expect(Buffer.compare(shards[0]!, expected[0]!)).toBe(0);
        },
      );
      await fc.assert(property, { numRuns: 50 });
    });

    it("names stripes that reach beyond the shards or into each other", async () => {
      const engine = await makeEngine(2, 1);
      const shards = engine.allocateShards(64);
      const stripes = { start: 0, unitBytes: 16, stride: 16, count: 4 };
      await engine.encode(shards, stripes);
      await expect(engine.encode(shards, { ...stripes, count: 5 })).rejects.toThrow(
        "the end of the stripes: got 80, expected within the 64 bytes",
      );
      await expect(engine.verify(shards, { ...stripes, start: 8 })).rejects.toThrow("got 72");
      await expect(engine.reconstruct(shards, [0, 1], [2], { ...stripes, stride: 8 })).rejects.toThrow(
        "stride",
      );
    });

    it("takes shards without bytes", async () => {
      const engine = await makeEngine(4, 2);
      const shards = await encodedShards(engine, 0);
      expect(await engine.verify(shards)).toBe(true);
      await engine.reconstruct(shards, [2, 3, 4, 5], [0, 1]);
    });

    it("names what is wrong with its arguments", async () => {
      const engine = await makeEngine(2, 1);
      const ok = [new Uint8Array(8), new Uint8Array(8), new Uint8Array(8)];
      await expect(engine.encode(ok.slice(1))).rejects.toThrow(
        "number of shards: got 2, expected 3: 2 data and 1",
      );
      await expect(engine.encode([...ok.slice(1), new Uint8Array(16)])).rejects.toThrow("length of shard 2");
      await expect(engine.reconstruct(ok, [0, 1], [1])).rejects.toThrow("shard 1");
      await expect(engine.reconstruct(ok, [0, 1], [3])).rejects.toThrow("shard number");
      await expect(engine.reconstruct([ok[0], undefined, ok[2]], [0, 1], [2])).rejects.toThrow("shard 1");
      await expect(makeEngine(0, 1)).rejects.toThrow("dataShards");
      await expect(makeEngine(1, 0)).rejects.toThrow("parityShards");
    });
  });
}
