import { MemoryVfs } from "@millrace/files";
import { parquetMetadata } from "hyparquet";
import { expect, it } from "vitest";
import { ParquetSink } from "../src/index.ts";
import { bytesOf, chunkOf } from "./helpers.ts";

const SCHEMA = [
  { name: "t", kind: "int64" },
  { name: "x", kind: "uint16" },
  { name: "p", kind: "uint8" },
  { name: "w", kind: "float32" },
] as const;

async function metadataOf(times: bigint[]) {
  const vfs = new MemoryVfs();
  const metadata = { format: "EVT3", width: "1" };
  await using sink = await ParquetSink.create("a.parquet", SCHEMA, { vfs, rowGroupRows: 100, metadata });
  const zeros = times.map(() => 0);
  await sink.write(chunkOf(SCHEMA, { t: times, x: zeros, p: zeros, w: zeros }));
  await sink.finish({ width: "1280" });
  return parquetMetadata((await bytesOf(vfs, "a.parquet")).buffer);
}

it("writes row groups of the size that was asked for, integers as differences, and the metadata of both ends", async () => {
  const found = await metadataOf(Array.from({ length: 250 }, (_, i) => BigInt(i)));
  expect(found.row_groups.map((group) => group.num_rows)).toEqual([100n, 100n, 50n]);
  expect(
    found.row_groups[0]!.columns.map(({ meta_data }) => [meta_data!.type, meta_data!.encodings]),
  ).toEqual([
    ["INT64", ["DELTA_BINARY_PACKED"]],
    ["INT32", ["DELTA_BINARY_PACKED"]],
    ["INT32", ["DELTA_BINARY_PACKED"]],
    ["FLOAT", ["PLAIN"]],
  ]);
  expect(
    found.schema
      .slice(1)
      .map(({ name, converted_type, repetition_type }) => [name, converted_type, repetition_type]),
  ).toEqual([
    ["t", "INT_64", "REQUIRED"],
    ["x", "UINT_16", "REQUIRED"],
    ["p", "UINT_8", "REQUIRED"],
    ["w", undefined, "REQUIRED"],
  ]);
  expect(found.key_value_metadata).toEqual([
    { key: "format", value: "EVT3" },
    { key: "width", value: "1280" },
  ]);
});

it.each([0n, 2n ** 40n, -(2n ** 40n)])(
  "states the least and the greatest time of a group, from %d on",
  async (start) => {
    const found = await metadataOf([start + 5n, start + 9n, start]);
    const { min_value, max_value } = found.row_groups[0]!.columns[0]!.meta_data!.statistics!;
    expect([min_value, max_value]).toEqual([start, start + 9n]);
  },
);
