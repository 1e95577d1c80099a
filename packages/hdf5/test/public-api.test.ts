import * as hdf5 from "@millrace/hdf5";
import { expect, it } from "vitest";

it("exports what it documents", () => {
  expect(Object.keys(hdf5).sort()).toMatchInlineSnapshot(`
    [
      "DATASET_KINDS",
      "DEFAULT_HDF5_DATASET_OPTIONS",
      "DEFAULT_HDF5_READER_OPTIONS",
      "DEFAULT_HDF5_TABLE_OPTIONS",
      "DEFAULT_HDF5_WRITER_OPTIONS",
      "Hdf5Reader",
      "Hdf5Writer",
      "objectReference",
    ]
  `);
});
