import { seededRandom } from "@millrace/base";
import { diskVfs } from "@millrace/files";
import { FaultyVfs, smallDisk } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Hdf5Writer } from "../src/index.ts";
import { check, cutPowerAtEvery, type Model, WAYS, work } from "./crash-work.ts";
import { bytesOf, readByLibrary, readImage } from "./helpers.ts";

describe("after a power failure at any call", () => {
  it.each(WAYS)(
    "the file is as of the last checkpoint or a later one, and its data are exact (%s)",
    async (way) => {
      // Each call in one of the ways, the slow lane has all of them in each.
      await cutPowerAtEvery(4, WAYS.indexOf(way), way);
    },
  );

  it.each(WAYS.flatMap((way) => (["ENOSPC", "EIO"] as const).map((error) => [error, way] as const)))(
    "or a failing disk (%s) the same holds, and the writer says so (%s)",
    async (error, way) => {
      for (let n = 2 + (WAYS.indexOf(way) % 2); n < 40; n += 2) {
        for (const call of ["write", "sync"] as const) {
          const vfs = new FaultyVfs(n);
          vfs.failNth({ call, n, error });
          const model: Model = { rows: [], acknowledged: undefined };
          const failure = await work(vfs, seededRandom(1), model, way).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (vfs.callCount(call) < n) continue;
          expect(failure).toMatchObject({
            code: "HDF5_WRITE_FAILED",
            cause: { code: error === "ENOSPC" ? "FILES_NO_SPACE" : "FILES_IO_FAILED" },
          });
          if (model.acknowledged === undefined) continue;
          check(readImage(await bytesOf(vfs, "a.h5")), model, `${call} ${n} as the process sees it`);
          check(
            readImage(await bytesOf(vfs.crash(seededRandom(n)), "a.h5")),
            model,
            `${call} ${n} after the power`,
          );
        }
      }
    },
  );
});

it("a full disk is an error of every later call, and the last checkpoint stays readable", async ({
  skip,
}) => {
  using disk = smallDisk(4 * 1024 * 1024);
  if (disk === undefined) return skip("needs the right to mount a small disk");
  const path = `${disk.path}/a.h5`;
  const writer = await Hdf5Writer.create(diskVfs, path, { checkpointBytes: 0 });
  const data = writer.root.createDataset("d", { kind: "int32", compression: "none" });
  const rows = Int32Array.from({ length: 100_000 }, (_, i) => i);
  await data.append(rows);
  await writer.checkpoint();
  const full = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) await data.append(rows);
  };
  const refused = { code: "HDF5_WRITE_FAILED", cause: { code: "FILES_NO_SPACE" } };
  await expect(full()).rejects.toMatchObject(refused);
  await expect(data.append(rows)).rejects.toMatchObject(refused);
  await expect(writer.checkpoint()).rejects.toMatchObject(refused);
  await expect(writer.close()).rejects.toMatchObject(refused);
  expect(readByLibrary(path).children?.d?.data).toEqual({ shape: [100_000], value: Array.from(rows) });
});
