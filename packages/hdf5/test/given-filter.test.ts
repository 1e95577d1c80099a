import { readU32, writeU32 } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { type Hdf5ChunkFilter, Hdf5Reader, Hdf5Writer } from "../src/index.ts";

const ID = 40_000;

/** Keeps the bytes of rows only, turned over, behind their count. */
const turnOver: Hdf5ChunkFilter = {
  id: ID,
  name: "turn over",
  values: [7, 2 ** 32 - 1],
  encode(bytes, filledBytes) {
    const encoded = new Uint8Array(4 + filledBytes);
    writeU32(encoded, 0, filledBytes);
    encoded.set(
      bytes.subarray(0, filledBytes).map((byte) => ~byte),
      4,
    );
    return encoded;
  },
};

const undo = {
  name: "turn over",
  decode(bytes: Uint8Array, values: readonly number[], expectedBytes: number): Uint8Array {
    expect(values).toEqual([7, 2 ** 32 - 1]);
    const decoded = new Uint8Array(expectedBytes);
    decoded.set(bytes.subarray(4, 4 + readU32(bytes, 0)).map((byte) => ~byte));
    return decoded;
  },
};

it.each(["pool", "caller"] as const)(
  "a filter of the caller's makes chunks, whole and begun (%s)",
  async (threads) => {
    const vfs = new MemoryVfs();
    const values = Int32Array.from({ length: 1050 }, (_, i) => i * i);
    await using writer = await Hdf5Writer.create(vfs, "a.h5", { threads });
    const options = {
      kind: "int32",
      chunkRows: 100,
      compression: { filter: turnOver },
      shuffle: false,
    } as const;
    const data = writer.root.createDataset("squares", { ...options, fletcher32: true });
    await data.append(values.subarray(0, 350));
    await writer.checkpoint();
    data.appendSync(values.subarray(350));
    await writer.close();

    await using reader = await Hdf5Reader.open(vfs, "a.h5", { filters: { [ID]: undo } });
    const read = reader.root.dataset("squares");
    expect(read.filters.map(({ id }) => id)).toEqual([ID, 3]);
    expect(await read.readRows(0, 1050, "int32")).toEqual(values);
    // Without the filter it is refused by its name, and it is no dataset to go on with.
    await using other = await Hdf5Reader.open(vfs, "a.h5");
    await expect(other.root.dataset("squares").readRows()).rejects.toThrow("turn over");
    await using again = await Hdf5Writer.reopen(vfs, "a.h5");
    await expect(again.root.openDataset("squares", "int32")).rejects.toThrow("squares");
  },
);

it("what the filter throws is the cause of a failed write, and bad filters are refused", async () => {
  const vfs = new MemoryVfs();
  const writer = await Hdf5Writer.create(vfs, "a.h5");
  const filter: Hdf5ChunkFilter = {
    ...turnOver,
    encode() {
      throw new Error("never");
    },
  };
  const create = (given: Partial<Hdf5ChunkFilter>) => () =>
    writer.root.createDataset("b", { kind: "uint8", compression: { filter: { ...turnOver, ...given } } });
  expect(create({ id: 32 })).toThrow("filter id");
  expect(create({ name: "" })).toThrow("filter name");
  expect(create({ values: [-1] })).toThrow("value of a filter");
  const data = writer.root.createDataset("a", { kind: "uint8", chunkRows: 4, compression: { filter } });
  await data.append(new Uint8Array(9)).catch(() => {});
  await expect(writer.close()).rejects.toMatchObject({
    code: "HDF5_WRITE_FAILED",
    cause: new Error("never"),
  });
});
