import { readFileSync } from "node:fs";
import { type TypedArray, viewAs } from "@millrace/buffers";
import { MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import fc from "fast-check";
import h5wasm from "h5wasm/node";
import { expect, it } from "vitest";
import { DATASET_KINDS, Hdf5Reader, Hdf5Writer } from "../src/index.ts";

const plans = fc.record({
  kind: fc.constantFrom(...DATASET_KINDS),
  rowShape: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
  chunkRows: fc.integer({ min: 1, max: 20 }),
  compression: fc.constantFrom(
    "none" as const,
    { deflate: 1 },
    { deflate: 6, strategy: "default" as const },
    { zstd: 3 },
    { lzf: true } as const,
  ),
  shuffle: fc.boolean(),
  fletcher32: fc.boolean(),
});

it("reads any rows of what the writer wrote", async () => {
  await fc.assert(
    fc.asyncProperty(plans, fc.nat(120), fc.nat(), fc.nat(), async (plan, rows, a, b) => {
      const vfs = new MemoryVfs();
      const writer = await Hdf5Writer.create(vfs, "a.h5");
      const dataset = writer.root.createGroup("g").createDataset("d", plan);
      const width = plan.rowShape.reduce((product, size) => product * size, 1);
      const kind = plan.kind === "boolean" ? "uint8" : plan.kind;
      const bytes = new Uint8Array(rows * width * 8).map((_, i) =>
        plan.kind === "boolean" ? i & 1 : i * 37,
      );
      const values = viewAs(kind, bytes.buffer, 0, rows * width);
      await dataset.append(values);
      await writer.close();
      const start = a % (rows + 1);
      const stop = start + (b % (rows - start + 1));
      await using reader = await Hdf5Reader.open(vfs, "a.h5", { chunkCacheBytes: 1000 });
      const read = reader.root.dataset("g/d");
      expect(read.shape).toEqual([rows, ...plan.rowShape]);
      expect(read.maxShape).toEqual([Number.POSITIVE_INFINITY, ...plan.rowShape]);
      expect(read.chunkShape).toEqual([plan.chunkRows, ...plan.rowShape]);
      const expected = values.slice(start * width, stop * width);
      expect(read.readRowsSync(start, stop)).toEqual(expected);
      expect(await read.readRows(start, stop, kind)).toEqual(expected);
      const parts: unknown[] = [];
      for (const { values: part } of read.chunksSync({ start, stop })) parts.push(...(part as Uint8Array));
      expect(parts).toEqual([...(expected as Uint8Array)]);
    }),
    { numRuns: 150 },
  );
});

const boxes = fc
  .array(
    fc.record({
      size: fc.integer({ min: 1, max: 9 }),
      chunk: fc.integer({ min: 1, max: 9 }),
      a: fc.nat(),
      b: fc.nat(),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((axes) =>
    axes.map((axis) => ({ ...axis, chunk: Math.min(axis.chunk, axis.size), a: axis.a % axis.size })),
  );

it("reads any box of any shape in chunks that libhdf5 wrote", async () => {
  await h5wasm.ready;
  using directory = tempDirectory();
  const path = `${directory.path}/a.h5`;
  await fc.assert(
    fc.asyncProperty(boxes, fc.constantFrom(0, 4), async (axes, level) => {
      const shape = axes.map(({ size }) => size);
      const count = shape.reduce((product, size) => product * size, 1);
      const data = Int16Array.from({ length: count }, (_, i) => i * 7);
      const file = new h5wasm.File(path, "w");
      const compression = level === 0 ? {} : { compression: level };
      file.create_dataset({ name: "d", data, shape, chunks: axes.map(({ chunk }) => chunk), ...compression });
      file.create_dataset({ name: "whole", data, shape });
      file.close();
      const start = axes.map(({ a }) => a);
      const stop = axes.map(({ a, b, size }) => a + (b % (size - a + 1)));
      const reader = Hdf5Reader.over(readFileSync(path));
      const expected = naiveBox(data, shape, start, stop);
      for (const name of ["d", "whole"]) {
        expect([...reader.root.dataset(name).readSync({ start, stop }, "int16")]).toEqual(expected);
        expect([...(await reader.root.dataset(name).read({ start, stop }, "int16"))]).toEqual(expected);
      }
    }),
    { numRuns: 200 },
  );
});

function naiveBox(data: TypedArray, shape: number[], start: number[], stop: number[]): unknown[] {
  const found: unknown[] = [];
  for (let i = 0; i < data.length; i++) {
    let rest = i;
    const place = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    if (place.every((at, axis) => at >= start[axis]! && at < stop[axis]!)) found.push(data[i]);
  }
  return found;
}
