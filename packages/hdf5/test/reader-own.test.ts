import { readFileSync } from "node:fs";
import { MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import h5wasm from "h5wasm/node";
import { expect, it } from "vitest";
import { Hdf5Reader, type Hdf5Reference, Hdf5Writer, objectReference } from "../src/index.ts";

it("reads tables and references of the writer", async () => {
  const vfs = new MemoryVfs();
  const writer = await Hdf5Writer.create(vfs, "a.h5");
  const table = writer.root.createTable("events", {
    columns: { x: "uint16", on: "boolean", t: "int64" },
    chunkRows: 3,
  });
  await table.append({
    x: Uint16Array.of(1, 2, 3, 4),
    on: Uint8Array.of(1, 0, 0, 1),
    t: BigInt64Array.of(-1n, 2n, 2n ** 60n, 4n),
  });
  writer.root.setAttribute("target", objectReference(table));
  await writer.close();
  await using reader = await Hdf5Reader.open(vfs, "a.h5");
  const events = reader.root.dataset("events");
  expect(events.type).toMatchObject({ kind: "compound" });
  expect({ ...(events.readRowsSync(1, 4) as object) }).toEqual({
    x: Uint16Array.of(2, 3, 4),
    on: Uint8Array.of(0, 0, 1),
    t: BigInt64Array.of(2n, 2n ** 60n, 4n),
  });
  const target = reader.dereference(reader.root.attributes.get("target") as Hdf5Reference);
  expect(target).toMatchObject({ kind: "dataset", address: events.address });
  expect(reader.dereference({ address: 0 })).toBeUndefined();
});

it("reads a file that is still being written as of its last checkpoint", async () => {
  const vfs = new MemoryVfs();
  const writer = await Hdf5Writer.create(vfs, "a.h5");
  const data = writer.root.createDataset("d", { kind: "int16", chunkRows: 8 });
  for (let round = 1; round < 20; round++) {
    await data.append(new Int16Array(5).fill(round));
    await writer.checkpoint();
    await using reader = await Hdf5Reader.open(vfs, "a.h5");
    const expected = Int16Array.from({ length: 5 * round }, (_, i) => 1 + Math.floor(i / 5));
    expect(reader.root.dataset("d").readSync()).toEqual(expected);
  }
  await writer.close();
});

it("reads what h5wasm wrote", async () => {
  await h5wasm.ready;
  using directory = tempDirectory();
  const path = `${directory.path}/a.h5`;
  const file = new h5wasm.File(path, "w");
  file.create_attribute("text", "Zürich");
  file.create_attribute("numbers", new Float32Array([1, 2.5]));
  const group = file.create_group("g");
  group.create_dataset({ name: "texts", data: ["a", "", "ccc"] });
  group.create_dataset({ name: "wide", data: BigInt64Array.of(1n, -2n) });
  group.create_dataset({
    name: "grows",
    data: Float64Array.from({ length: 60 }, (_, i) => i / 7),
    shape: [20, 3],
    maxshape: [null, 3],
    chunks: [6, 2],
    compression: 5,
  });
  group.create_soft_link("/g/wide", "alias");
  file.close();
  const { root } = Hdf5Reader.over(readFileSync(path));
  expect(root.attributes.get("text")).toBe("Zürich");
  expect(root.attributes.get("numbers")).toEqual(new Float32Array([1, 2.5]));
  expect(root.dataset("g/texts").readSync()).toEqual(["a", "", "ccc"]);
  expect(root.dataset("g/alias").readSync()).toEqual(BigInt64Array.of(1n, -2n));
  expect(await root.dataset("g/grows").readRows(5, 9)).toEqual(
    Float64Array.from({ length: 12 }, (_, i) => (i + 15) / 7),
  );
  expect(root.dataset("g/grows").maxShape).toEqual([Number.POSITIVE_INFINITY, 3]);
});
