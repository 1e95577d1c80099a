import { writeFileSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { type ElementKind, newTypedArray, type TypedArray } from "@millrace/buffers";
import { diskVfs } from "@millrace/files";
import { type Hdf5Compression, Hdf5Writer } from "../src/index.ts";

/** Values of which half can be compressed, and half cannot. */
export function valuesOf(kind: ElementKind, count: number): TypedArray {
  const values = newTypedArray(kind, count);
  const bytes = new Uint8Array(values.buffer);
  seededRandom(5).fill(bytes.subarray(bytes.length / 2));
  for (let i = 0; i < bytes.length / 2; i++) bytes[i] = (i >> 6) & 3;
  return values;
}

const KINDS = ["uint8", "int16", "float32", "uint64"] as const;
export const COUNT = 4000;

/** Writes one dataset of each kind with one form of compression; their plain bytes lie beside the file. */
export async function writeAll(path: string, compression: Hdf5Compression | "none"): Promise<void> {
  const writer = await Hdf5Writer.create(diskVfs, `${path}/a.h5`, { checkpointBytes: 5000 });
  for (const kind of KINDS) {
    const values = valuesOf(kind, COUNT);
    writeFileSync(`${path}/${kind}`, new Uint8Array(values.buffer));
    for (const shuffle of [true, false]) {
      for (const fletcher32 of [true, false]) {
        const name = `${kind}-${shuffle}-${fletcher32}`;
        const options = { kind, rowShape: [2], chunkRows: 300, compression, shuffle, fletcher32 };
        const data = writer.root.createDataset(name, options);
        // Once by each way, with a beginning of a chunk left over.
        await data.append(values.subarray(0, COUNT / 2) as Float64Array & BigUint64Array);
        data.appendSync(values.subarray(COUNT / 2) as Float64Array & BigUint64Array);
      }
    }
  }
  await writer.close();
}

/** Compares all datasets with the bytes beside the file; prints the filters of the first. */
export const compareScript = (imports = ""): string => `
import sys, h5py, numpy as np
${imports}
f = h5py.File(sys.argv[1] + "/a.h5", "r")
kinds = {"uint8": "u1", "int16": "<i2", "float32": "<f4", "uint64": "<u8"}
masks = set()
for name in f:
    kind = name.split("-")[0]
    expected = np.fromfile(sys.argv[1] + "/" + kind, kinds[kind]).reshape(-1, 2)
    assert f[name][()].tobytes() == expected.tobytes(), name
    d = f[name].id
    masks |= {d.read_direct_chunk((row, 0))[0] for row in range(0, expected.shape[0], 300)}
p = f["int16-true-true"].id.get_create_plist()
print([p.get_filter(i)[::2] for i in range(p.get_nfilters())], sorted(masks))
`;
