import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMillraceError } from "@millrace/base";
import { diskVfs } from "@millrace/files";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Hdf5Reader } from "../src/index.ts";
import { hasH5py, PYTHON, run } from "./helpers.ts";
import { describeByH5py, describeFile, writeByH5py } from "./reader-oracle.ts";

const CASES = [
  "all_earliest",
  "all_v108",
  "all_v110",
  "ordered",
  "ordered_old",
  "many_earliest",
  "many_latest",
  "huge",
  "userblock",
  "userblock_latest",
  "paged",
  "narrow",
];
const SPIKES = process.env.MILLRACE_DATA === undefined ? undefined : `${process.env.MILLRACE_DATA}/spikes`;

describe.skipIf(!hasH5py)("files that h5py wrote (skipped where h5py is not installed)", () => {
  let directory: TempDirectory;
  let cases: Record<string, unknown>;

  beforeAll(() => {
    directory = tempDirectory();
    cases = writeByH5py(directory.path);
  });

  afterAll(() => directory[Symbol.dispose]());

  it.each(CASES)("%s: reads what h5py reads, bit for bit", async (name) => {
    await using reader = await Hdf5Reader.open(diskVfs, `${directory.path}/${name}.h5`);
    expect(await describeFile(reader)).toEqual(cases[name]);
  });

  it("refuses by name what it cannot read, and reads what is beside it", async () => {
    const path = `${directory.path}/refused.h5`;
    run(PYTHON, [fileURLToPath(new URL("oracle/refused.py", import.meta.url)), path]);
    await using reader = await Hdf5Reader.open(diskVfs, path);
    const { root } = reader;
    const codeOf = (work: () => unknown): string => {
      try {
        return `gave ${work()}`;
      } catch (error) {
        return isMillraceError(error) ? error.code : String(error);
      }
    };
    const found = ["virtual", "outside", "scaled", "regions", "long"].map((name) =>
      codeOf(() => root.dataset(name).readSync()),
    );
    expect(found).toEqual([
      "HDF5_UNSUPPORTED_LAYOUT",
      "HDF5_UNSUPPORTED_LAYOUT",
      "HDF5_UNSUPPORTED_FILTER",
      "HDF5_UNSUPPORTED_TYPE",
      "HDF5_UNSUPPORTED_TYPE",
    ]);
    expect(root.dataset("virtual").shape).toEqual([10]);
    expect(codeOf(() => root.get("elsewhere"))).toBe("HDF5_UNSUPPORTED_EXTERNAL_LINK");
    expect(root.link("elsewhere")).toEqual({ kind: "external", file: "other.h5", target: "/a" });
    expect(codeOf(() => root.get("one"))).toBe("HDF5_LINK_CIRCULAR");
    expect(root.dataset("data").readRowsSync(8, 10)).toEqual(BigInt64Array.of(8n, 9n));
  });

  it("no file is left out", () => {
    expect(Object.keys(cases).sort()).toEqual([...CASES].sort());
  });
});

describe.skipIf(!hasH5py || SPIKES === undefined)(
  "recordings of other programs (skipped without h5py or MILLRACE_DATA)",
  () => {
    it.each(SPIKES === undefined ? [] : readdirSync(SPIKES))("%s: reads what h5py reads", async (name) => {
      await using reader = await Hdf5Reader.open(diskVfs, `${SPIKES}/${name}`);
      expect(await describeFile(reader)).toEqual(describeByH5py(`${SPIKES}/${name}`));
    });
  },
);
