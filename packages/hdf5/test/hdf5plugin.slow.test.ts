import { pythonWithPackages, tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { compareScript, writeAll } from "./filtered-file.ts";
import { run } from "./helpers.ts";

const python = pythonWithPackages(["h5py==3.16.0", "hdf5plugin==7.1.0"]);

it.skipIf(python === undefined)("h5py with PyPI's hdf5plugin reads zstd", async () => {
  using directory = tempDirectory();
  await writeAll(directory.path, { zstd: 5 });
  const out = run(python!, ["-c", compareScript("import hdf5plugin"), directory.path]);
  expect(out.trim()).toBe("[(2, (2,)), (32015, (5,)), (3, ())] [0]");
});
