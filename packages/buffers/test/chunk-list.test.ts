import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BufferPool,
  ChunkListFloat64,
  ChunkListInt64,
  ChunkListUint8,
  ELEMENT_KINDS,
  ELEMENTS_PER_CHUNK,
  newChunkList,
} from "../src/index.ts";
import { filled, sourceOf, toNumbers } from "./arrays.ts";

const N = ELEMENTS_PER_CHUNK;

describe.each(ELEMENT_KINDS)("chunk list of %s", (kind) => {
  test("gives back what was pushed, across the end of a chunk, and its chunks to the pool", () => {
    const pool = new BufferPool();
    const list = newChunkList(kind, pool);
    for (let i = 0; i < N + 2; i++) list.push(i % 120);
    expect(list.length).toBe(N + 2);
    expect(list.chunks().map((chunk) => chunk.length)).toEqual([N, 2]);
    const copy = list.toArray();
    expect(copy.length).toBe(N + 2);
    expect(toNumbers(copy)).toEqual(filled(N + 2));
    list.clear();
    expect(list.length).toBe(0);
    expect(list.chunks()).toEqual([]);
    expect(pool.stats().outstandingBytes).toBe(0);
    list.push(5);
    expect(toNumbers(list.toArray())).toEqual([5]);
  });

  test("appends part of an array, and a view of itself", () => {
    const list = newChunkList(kind);
    list.pushMany(sourceOf(kind, [1, 2, 3, 4]), 1, 3);
    list.pushMany(list.chunks()[0] as never);
    expect(toNumbers(list.toArray())).toEqual([2, 3, 2, 3]);
  });
});

describe("chunk lists", () => {
  test.each([0, 1, N - 1, N, N + 1, 2 * N, 2 * N + 1])(
    "hold %d elements after pushes in bulk of any size",
    (count) => {
      const source = Float64Array.from({ length: count }, (_, i) => i + 0.5);
      fc.assert(
        fc.property(fc.array(fc.nat(count), { maxLength: 6 }), (cuts) => {
          const list = new ChunkListFloat64();
          const edges = [0, ...cuts.sort((a, b) => a - b), count];
          for (let i = 1; i < edges.length; i++) list.pushMany(source, edges[i - 1]!, edges[i]!);
          expect(list.length).toBe(count);
          expect(Buffer.compare(Buffer.from(list.toArray().buffer), Buffer.from(source.buffer))).toBe(0);
        }),
        { numRuns: 8 },
      );
    },
  );

  test("copies into a longer array from a given place and leaves the rest alone", () => {
    const list = new ChunkListUint8();
    list.pushMany(new Uint8Array([1, 2]));
    const dst = new Uint8Array(5).fill(9);
    list.copyTo(dst, 2);
    expect([...dst]).toEqual([9, 9, 1, 2, 9]);
    for (const at of [4, -1, 0.5]) {
      expect(() => list.copyTo(dst, at)).toThrow(
        expect.objectContaining({ code: "BUFFERS_DESTINATION_SHORT" }),
      );
    }
  });

  test("full chunks stay where they are while more is appended", () => {
    const list = new ChunkListUint8();
    list.pushMany(new Uint8Array(N).fill(3));
    const [first] = list.chunks();
    list.pushMany(new Uint8Array(N));
    expect(list.chunks()[0]!.buffer).toBe(first!.buffer);
    expect(list.chunks()).toHaveLength(2);
  });

  test("when the pool fails part of the way, nothing is appended and nothing leaks", () => {
    class SmallPool extends BufferPool {
      override take(byteLength: number): ArrayBuffer {
        if (this.stats().outstandingBytes >= 2 * N) throw new RangeError("no more");
        return super.take(byteLength);
      }
    }
    const pool = new SmallPool();
    const list = new ChunkListUint8(pool);
    list.push(1);
    expect(() => list.pushMany(new Uint8Array(3 * N))).toThrow("no more");
    expect([...list.toArray()]).toEqual([1]);
    expect(pool.stats().outstandingBytes).toBe(N);
  });

  test("`using` gives the chunks back", () => {
    const pool = new BufferPool();
    {
      using list = new ChunkListInt64(pool);
      list.push(-5);
      expect([...list.toArray()]).toEqual([-5n]);
      expect(pool.stats().outstandingBytes).toBe(8 * N);
    }
    expect(pool.stats().outstandingBytes).toBe(0);
  });

  test("64-bit elements can be pushed as two words", () => {
    const list = newChunkList("uint64");
    list.pushWords(0xffffffff, 0xfffffffe);
    expect([...list.toArray()]).toEqual([0xfffffffe_ffffffffn]);
  });

  test("bad ranges and kinds are refused", () => {
    expect(() => new ChunkListUint8().pushMany(new Uint8Array(2), 1, 3)).toThrow("a range inside [0, 2)");
    expect(() => newChunkList("text" as "uint8")).toThrow("expected one of uint8");
  });
});
