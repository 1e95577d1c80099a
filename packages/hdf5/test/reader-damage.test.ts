import { readFileSync } from "node:fs";
import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { Hdf5Reader, type Hdf5ReadObject, Hdf5Writer } from "../src/index.ts";
import { bytesOf, hasH5py, PYTHON, run } from "./helpers.ts";

/** More than any file here holds. */
const LIMIT_BYTES = 1 << 20;

const SMALL = `
import sys, h5py, numpy as np
old = dict(libver="earliest") if sys.argv[2] == "old" else dict(libver="latest", track_order=True)
with h5py.File(sys.argv[1], "w", **old) as f:
    for i in range(12):
        g = f.create_group("group %d" % i)
        g.attrs["i"] = i
    for i in range(12): f.attrs["attribute %d" % i] = "x" * i
    f["soft"] = h5py.SoftLink("/group 1")
    f["texts"] = ["a", "b" * 30]
    f["records"] = np.zeros(3, [("a", "<i4"), ("b", "S3"), ("c", ">f8", (2,))])
    lists = f.create_dataset("lists", shape=(2,), dtype=h5py.vlen_dtype("i4"))
    lists[0] = [1, 2, 3]
    data = np.arange(60, dtype="i2").reshape(12, 5)
    f["plain"] = data
    f.create_dataset("fixed", data=data, chunks=(4, 2), compression=4, shuffle=True, fletcher32=True)
    f.create_dataset("grows", data=data, chunks=(4, 2), maxshape=(None, 5), compression="lzf")
    f.create_dataset("both", data=data, chunks=(4, 2), maxshape=(None, None))
    f.create_dataset("refs", data=[f["plain"].ref], dtype=h5py.ref_dtype)
`;

const sources: Record<string, Uint8Array> = {};

beforeAll(async () => {
  const vfs = new MemoryVfs();
  await using writer = await Hdf5Writer.create(vfs, "own.h5");
  writer.root.setAttribute("texts", ["a", "bb"]);
  for (let i = 0; i < 40; i++) writer.root.createGroup(`group ${i}`).setAttribute("i", i);
  const data = writer.root.createDataset("data", { kind: "float32", rowShape: [3], chunkRows: 4 });
  await data.append(Float32Array.from({ length: 90 }, (_, i) => i));
  await writer.close();
  sources.own = await bytesOf(vfs, "own.h5");
  if (!hasH5py) return;
  using directory = tempDirectory();
  for (const age of ["old", "new"]) {
    run(PYTHON, ["-c", SMALL, `${directory.path}/${age}.h5`, age]);
    sources[age] = readFileSync(`${directory.path}/${age}.h5`);
  }
});

/** Reads all there is; what it returns says how much that was. Errors of this project are counted, others thrown. */
function readAll(bytes: Uint8Array): { values: number; refused: number } {
  const seen = { values: 0, refused: 0 };
  const visited = new Set<number>();
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      const isFitting = /^HDF5_(FILE_CORRUPT|SIGNATURE_MISSING|READ_LIMIT|UNSUPPORTED_|LINK_CIRCULAR)/.test(
        error.code,
      );
      if (!isFitting) throw error;
      seen.refused++;
    }
  };
  const count = (_value: unknown): void => {
    seen.values++;
  };
  const visit = (object: Hdf5ReadObject): void => {
    if (visited.has(object.address)) return;
    visited.add(object.address);
    attempt(() => {
      for (const name of object.attributes.names) attempt(() => count(object.attributes.get(name)));
    });
    if (object.kind === "dataset") {
      attempt(() => count(object.valueSync()));
      attempt(() => void (object.rows > 1 && object.readRowsSync(0, 1)));
    }
    if (object.kind !== "group") return;
    attempt(() => {
      for (const name of object.names) {
        attempt(() => {
          const child = object.get(name);
          if (child !== undefined) visit(child);
        });
      }
    });
  };
  attempt(() => visit(Hdf5Reader.over(bytes, { limitBytes: LIMIT_BYTES }).root));
  return seen;
}

describe.each(["own", "old", "new"])("a damaged file (%s)", (name) => {
  it.skipIf(name !== "own" && !hasH5py)("is whole before it is damaged", () => {
    const { values, refused } = readAll(sources[name]!);
    expect(values).toBeGreaterThan(20);
    expect(refused).toBe(0);
  });

  it.skipIf(name !== "own" && !hasH5py)("is refused at every length that it is cut to", () => {
    const bytes = sources[name]!;
    expect(bytes.length).toBeLessThan(65_536);
    const whole = readAll(bytes).values;
    for (let length = 0; length < bytes.length; length++) {
      const { values, refused } = readAll(bytes.subarray(0, length));
      expect(refused).toBeGreaterThan(0);
      expect(values).toBeLessThan(whole);
    }
  });

  it.skipIf(name !== "own" && !hasH5py)(
    "gives our errors or values when it is zeros from anywhere on",
    () => {
      const bytes = new Uint8Array(sources[name]!);
      const step = Math.ceil(bytes.length / 2500);
      for (let length = bytes.length - step; length > 0; length -= step) {
        bytes.fill(0, length);
        const { values, refused } = readAll(bytes);
        expect(values + refused).toBeGreaterThan(0);
      }
    },
  );

  it.skipIf(name !== "own" && !hasH5py)("gives our errors or values, whatever 1,000 bits are flipped", () => {
    const random = seededRandom(11);
    let refused = 0;
    for (let round = 0; round < 1000; round++) {
      const bytes = new Uint8Array(sources[name]!);
      const flips = round % 4 === 0 ? 16 : 1;
      for (let i = 0; i < flips; i++)
        bytes[random.nextInt(0, bytes.length - 1)]! ^= 1 << random.nextInt(0, 7);
      refused += readAll(bytes).refused > 0 ? 1 : 0;
    }
    expect(refused).toBeGreaterThan(100);
  });

  it.skipIf(name !== "own" && !hasH5py)(
    "gives our errors or values, whatever fields are all ones or zeros",
    () => {
      const random = seededRandom(12);
      for (let round = 0; round < 1000; round++) {
        const bytes = new Uint8Array(sources[name]!);
        const start = random.nextInt(0, bytes.length - 9);
        bytes.fill(round % 2 === 0 ? 0xff : 0, start, start + 1 + random.nextInt(0, 7));
        expect(readAll(bytes).values).toBeGreaterThanOrEqual(0);
      }
    },
  );
});

describe.skipIf(!hasH5py)("a dataset that claims 2^60 rows", () => {
  it.each(["earliest", "latest"])(
    "is opened and read in part, and refused as a whole (%s)",
    async (libver) => {
      using directory = tempDirectory();
      const path = `${directory.path}/vast.h5`;
      const script = `
import sys, h5py
with h5py.File(sys.argv[1], "w", libver=sys.argv[2]) as f:
    d = f.create_dataset("vast", shape=(2**60,), maxshape=(None,), chunks=(1024,), dtype="u1", compression=1)
    d[5:8] = 3
`;
      run(PYTHON, ["-c", script, path, libver]);
      const vast = Hdf5Reader.over(readFileSync(path)).root.dataset("vast");
      expect(vast.shape).toEqual([2 ** 60]);
      expect(vast.readRowsSync(4, 9)).toEqual(Uint8Array.of(0, 3, 3, 3, 0));
      expect(await vast.readRows(2 ** 45, 2 ** 45 + 3)).toEqual(new Uint8Array(3));
      expect(() => vast.readSync()).toThrow(expect.objectContaining({ code: "HDF5_READ_LIMIT" }));
      await expect(vast.read()).rejects.toMatchObject({ code: "HDF5_READ_LIMIT" });
    },
  );
});
