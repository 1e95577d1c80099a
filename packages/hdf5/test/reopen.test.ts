import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { FaultyVfs, tempDirectory } from "@millrace/testkit";
import fc from "fast-check";
import h5wasm from "h5wasm/node";
import { describe, expect, it } from "vitest";
import { Hdf5Writer } from "../src/index.ts";
import { bytesOf, readImage } from "./helpers.ts";

const valueAt = (i: number): number => Math.imul(i, 2_654_435_761) | 0;
const valuesFrom = (from: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => valueAt(from + i));

async function put(vfs: MemoryVfs, path: string, bytes: Uint8Array): Promise<void> {
  await using file = await vfs.open(path, "create-or-truncate");
  await file.write(bytes, 0);
}

describe("a file that is reopened", () => {
  it("goes on as if it had never been closed, whatever was appended before", async () => {
    const filters = fc.record({
      shuffle: fc.boolean(),
      fletcher32: fc.boolean(),
      compression: fc.constantFrom("none" as const, { deflate: 1 }),
    });
    const sessions = fc.array(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 4 }), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(
        filters,
        fc.integer({ min: 1, max: 5 }),
        sessions,
        async (options, chunkRows, plan) => {
          const vfs = new MemoryVfs();
          const first = await Hdf5Writer.create(vfs, "a.h5", { durability: "os" });
          first.root.setAttribute("kept", "yes");
          const group = first.root.createGroup("g");
          group.setAttribute("inner", 7);
          group
            .createDataset("d", { kind: "int32", rowShape: [2], chunkRows, ...options })
            .setAttribute("units", "mV");
          await first.close();
          let rows = 0;
          for (const [round, appends] of plan.entries()) {
            await using writer = await Hdf5Writer.reopen(vfs, "a.h5", { durability: "os" });
            const data = await (await writer.root.openGroup("g")).openDataset("d", "int32");
            expect(data.rows).toBe(rows);
            for (const count of appends) {
              await data.append(valuesFrom(2 * rows, 2 * count));
              rows += count;
            }
            writer.root.createGroup(`round${round}`);
          }
          const seen = readImage(await bytesOf(vfs, "a.h5"));
          expect(seen.attributes).toEqual({ kept: { shape: [], value: "yes" } });
          expect(Object.keys(seen.children ?? {}).length).toBe(1 + plan.length);
          const { attributes, children } = seen.children!.g!;
          expect(attributes).toEqual({ inner: { shape: [], value: 7 } });
          expect(children?.d?.attributes).toEqual({ units: { shape: [], value: "mV" } });
          expect(children?.d?.data).toEqual({ shape: [rows, 2], value: Array.from(valuesFrom(0, 2 * rows)) });
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([1, 63, 64, 65, 127, 128, 4095, 4096, 4097, 4160])("goes on behind %d chunks", async (chunks) => {
    const vfs = new MemoryVfs();
    const first = await Hdf5Writer.create(vfs, "a.h5");
    const options = { kind: "int32", chunkRows: 1, compression: "none", shuffle: false } as const;
    await first.root.createDataset("d", options).append(valuesFrom(0, chunks));
    await first.close();
    for (let round = 0; round < 3; round++) {
      await using writer = await Hdf5Writer.reopen(vfs, "a.h5");
      const data = await writer.root.openDataset("d", "int32");
      await data.append(valuesFrom(chunks + round * 70, 70));
    }
    const seen = readImage(await bytesOf(vfs, "a.h5")).children?.d?.data?.value;
    expect(seen).toEqual(Array.from(valuesFrom(0, chunks + 210)));
  });

  it("keeps thousands of groups, and takes more", async () => {
    const vfs = new MemoryVfs();
    const first = await Hdf5Writer.create(vfs, "a.h5");
    for (let i = 0; i < 3000; i++) first.root.createGroup(`g${i}`).setAttribute("i", i);
    await first.close();
    await using writer = await Hdf5Writer.reopen(vfs, "a.h5");
    expect(writer.root.names.length).toBe(3000);
    (await writer.root.openGroup("g1234")).setAttribute("later", true);
    for (let i = 3000; i < 4000; i++) writer.root.createGroup(`g${i}`).setAttribute("i", i);
    await writer.checkpoint();
    const seen = readImage(await bytesOf(vfs, "a.h5")).children ?? {};
    expect(Object.keys(seen).length).toBe(4000);
    for (let i = 0; i < 4000; i++) if (seen[`g${i}`]?.attributes.i?.value !== i) expect.fail(`g${i}`);
    expect(seen.g1234?.attributes.later?.value).toBe(1);
  });

  it("gives back the object that is open, and refuses others", async () => {
    const vfs = new MemoryVfs();
    await using writer = await Hdf5Writer.create(vfs, "a.h5");
    const { root } = writer;
    const group = root.createGroup("g");
    root.createDataset("d", { kind: "int8" });
    await root.writeDataset("v", 1);
    expect(await root.openGroup("g")).toBe(group);
    await expect(root.openGroup("x")).rejects.toMatchObject({ code: "HDF5_NAME_MISSING" });
    await expect(root.openGroup("d")).rejects.toMatchObject({ code: "HDF5_KIND_OTHER" });
    await expect(root.openDataset("d", "uint8")).rejects.toMatchObject({ code: "HDF5_KIND_OTHER" });
    await group.close();
    await expect(root.openGroup("g")).rejects.toMatchObject({ code: "HDF5_OBJECT_CLOSED" });
    await writer.checkpoint();
    (await root.openGroup("g")).setAttribute("again", 1);
    await writer.close();
    await using again = await Hdf5Writer.reopen(vfs, "a.h5");
    for (const name of ["d", "v"]) {
      await expect(again.root.openGroup(name)).rejects.toMatchObject({ code: "HDF5_KIND_OTHER" });
    }
    for (const name of ["g", "v"]) {
      await expect(again.root.openDataset(name, "int8")).rejects.toMatchObject({ code: "HDF5_KIND_OTHER" });
    }
    expect(readImage(await bytesOf(vfs, "a.h5")).children?.g?.attributes.again?.value).toBe(1);
  });
});

it("after crash upon crash a file that is reopened each time holds what was acknowledged", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = seededRandom(seed);
    let vfs = new FaultyVfs(seed);
    const created = await Hdf5Writer.create(vfs, "a.h5");
    created.root.createDataset("d", { kind: "int32", chunkRows: 5 });
    await created.close();
    let acknowledged = 0;
    for (let life = 0; life < 6; life++) {
      vfs.haltAfter(random.nextInt(1, 40));
      try {
        const writer = await Hdf5Writer.reopen(vfs, "a.h5", { checkpointBytes: 500 });
        const data = await writer.root.openDataset("d", "int32");
        expect(data.rows).toBeGreaterThanOrEqual(acknowledged);
        acknowledged = data.rows;
        for (;;) {
          await data.append(valuesFrom(data.rows, random.nextInt(1, 20)));
          const { rows } = data;
          await writer.checkpoint();
          acknowledged = rows;
        }
      } catch (error) {
        if (!isMillraceError(error)) throw error;
      }
      vfs = vfs.crash(random);
      const seen = readImage(await bytesOf(vfs, "a.h5")).children?.d?.data;
      expect(seen?.shape[0]).toBeGreaterThanOrEqual(acknowledged);
      expect(seen?.value).toEqual(Array.from(valuesFrom(0, seen?.shape[0] ?? 0)));
    }
  }
});

describe("reopening", () => {
  async function sample(): Promise<Uint8Array> {
    const vfs = new MemoryVfs();
    const writer = await Hdf5Writer.create(vfs, "a.h5");
    await writer.root
      .createDataset("d", { kind: "int32", chunkRows: 4, fletcher32: true })
      .append(valuesFrom(0, 10));
    await writer.close();
    return bytesOf(vfs, "a.h5");
  }

  async function reopened(bytes: Uint8Array): Promise<string> {
    const vfs = new MemoryVfs();
    await put(vfs, "a.h5", bytes);
    try {
      const writer = await Hdf5Writer.reopen(vfs, "a.h5");
      const data = await writer.root.openDataset("d", "int32");
      await data.append(valuesFrom(10, 10));
      await writer.close();
      return JSON.stringify(readImage(await bytesOf(vfs, "a.h5")).children?.d?.data?.value);
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      return error.code;
    }
  }

  it("refuses every truncation", async () => {
    const bytes = await sample();
    for (let length = 0; length < bytes.length; length++) {
      expect(await reopened(bytes.subarray(0, length))).toBe("HDF5_FILE_FOREIGN");
    }
  });

  it("refuses every flipped bit of superblock and header of the root, before it changes anything", async () => {
    const bytes = await sample();
    for (let bit = 0; bit < 8 * 48; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(await reopened(damaged)).toBe("HDF5_FILE_FOREIGN");
      const vfs = new MemoryVfs();
      await put(vfs, "a.h5", damaged);
      await expect(Hdf5Writer.reopen(vfs, "a.h5")).rejects.toMatchObject({ code: "HDF5_FILE_FOREIGN" });
      expect(await bytesOf(vfs, "a.h5")).toEqual(damaged);
    }
  });

  it("meets any other damage with an error of ours, or goes on", async () => {
    const vfs = new MemoryVfs();
    const writer = await Hdf5Writer.create(vfs, "a.h5");
    const options = { kind: "int32", chunkRows: 1, compression: "none" } as const;
    await writer.root.createDataset("d", options).append(valuesFrom(0, 200));
    for (let i = 0; i < 50; i++) writer.root.createGroup(`g${i}`);
    await writer.close();
    const bytes = await bytesOf(vfs, "a.h5");
    const random = seededRandom(5);
    for (let round = 0; round < 500; round++) {
      const damaged = bytes.slice();
      damaged[random.nextInt(48, bytes.length - 1)] = random.nextInt(0, 255);
      await put(vfs, "b.h5", damaged);
      try {
        await using again = await Hdf5Writer.reopen(vfs, "b.h5");
        const data = await again.root.openDataset("d", "int32");
        expect(data.rows).toBe(200);
        for (const name of again.root.names) if (name !== "d") await again.root.openGroup(name);
      } catch (error) {
        if (!isMillraceError(error)) throw error;
        expect(error.code).toMatch(/^HDF5_/);
      }
    }
  });

  it("refuses a file of another program", async () => {
    using directory = tempDirectory();
    const path = `${directory.path}/other.h5`;
    const file = new h5wasm.File(path, "w");
    file.create_group("g");
    file.close();
    const { diskVfs } = await import("@millrace/files");
    await expect(Hdf5Writer.reopen(diskVfs, path)).rejects.toMatchObject({ code: "HDF5_FILE_FOREIGN" });
  });
});
