import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource, ForwardSource, readChunks } from "../src/index.ts";

const BYTES = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) % 251);

function pieces(...sizes: number[]): Uint8Array[] {
  const all: Uint8Array[] = [];
  let at = 0;
  for (const size of [...sizes, BYTES.length]) {
    all.push(BYTES.slice(at, at + size));
    at += size;
  }
  return all.filter(({ length }) => length > 0);
}

describe("ForwardSource", () => {
  it("gives all bytes in order, whatever the pieces and the amounts, and learns its size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 90 })),
        fc.integer({ min: 1, max: 400 }),
        fc.nat(400),
        async (sizes, chunkBytes, keptBytes) => {
          await using source = new ForwardSource(pieces(...sizes), "piped", { keptBytes });
          expect(source.size).toBe(Number.POSITIVE_INFINITY);
          const found: number[] = [];
          for await (const chunk of readChunks(source, { chunkBytes })) found.push(...chunk);
          expect(found).toEqual([...BYTES]);
          expect(source.size).toBe(BYTES.length);
        },
      ),
    );
  });

  it("gives its beginning again, then goes on, and refuses what went by", async () => {
    await using source = new ForwardSource(pieces(50, 100), "piped", { keptBytes: 80 });
    const into = new Uint8Array(60);
    for (let pass = 0; pass < 2; pass++) {
      expect(await source.read(into, 0)).toBe(60);
      expect(into).toEqual(BYTES.subarray(0, 60));
    }
    expect(await source.read(into, 30)).toBe(60);
    expect(into).toEqual(BYTES.subarray(30, 90));
    await expect(source.read(into, 85)).rejects.toMatchObject({ code: "FILES_STREAM_ORDER" });
    await expect(source.read(into, 100)).rejects.toMatchObject({ code: "FILES_STREAM_ORDER" });
    expect(await source.read(into, 90)).toBe(60);
    expect(into).toEqual(BYTES.subarray(90, 150));
  });

  it("is read into memory whole, up to a limit", async () => {
    await using source = new ForwardSource(pieces(50, 100), "piped");
    await source.read(new Uint8Array(60), 0);
    expect(await source.readAll(300)).toEqual(BYTES);
    await using other = new ForwardSource(pieces(50, 100), "piped");
    await expect(other.readAll(299)).rejects.toMatchObject({ code: "FILES_STREAM_MEMORY", limitBytes: 299 });
  });
});

describe("readChunks with an end", () => {
  it.each([
    [0, 0, 0],
    [10, 100, 90],
    [290, 1000, 10],
  ])("reads from %i to %i: %i bytes", async (start, end, count) => {
    const found: number[] = [];
    for await (const chunk of readChunks(bytesSource(BYTES), { chunkBytes: 32, start, end })) {
      found.push(...chunk);
    }
    expect(found).toEqual([...BYTES.subarray(start, end)]);
    expect(found.length).toBe(count);
  });
});
