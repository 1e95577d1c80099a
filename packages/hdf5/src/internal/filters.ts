import { checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import type { DeflateStrategy } from "@millrace/compress";
import { ByteBuilder } from "./byte-builder.ts";

/** How a dataset's chunks are compressed, when they are. */
export interface Hdf5Compression {
  /** Level of deflate (HDF5's gzip filter), 1 to 9. */
  readonly deflate: number;
  /** `"rle"` is quicker and enough for shuffled numbers; any reader reads both. @default "rle" */
  readonly strategy?: DeflateStrategy;
}

/** The filters of a dataset, filled up. */
export interface FilledFilters {
  readonly shuffle: boolean;
  /** 0: none. */
  readonly deflate: number;
  readonly strategy: DeflateStrategy;
  readonly fletcher32: boolean;
}

/** Checks the options that make up the filters. @throws InvalidArgumentError */
export function resolveFilters(
  compression: Hdf5Compression | "none",
  shuffle: boolean,
  checksum: boolean,
): FilledFilters {
  for (const [name, value] of [["shuffle", shuffle] as const, ["fletcher32", checksum] as const]) {
    if (typeof value === "boolean") continue;
    throw new InvalidArgumentError("HDF5_OPTION_VALUE", `hdf5 ${name}`, value, "true or false");
  }
  const given = { shuffle, deflate: 0, strategy: "rle" as const, fletcher32: checksum };
  if (compression === "none") return given;
  if (typeof compression !== "object" || compression === null) {
    throw new InvalidArgumentError(
      "HDF5_OPTION_VALUE",
      "hdf5 compression",
      compression,
      'an object such as { deflate: 1 }, or "none"',
    );
  }
  const filled = resolveOptions<Required<Hdf5Compression>>(
    "hdf5",
    { deflate: 1, strategy: "rle" },
    compression,
  );
  checkInteger("hdf5", "deflate", filled.deflate, 1, 9);
  checkOneOf("hdf5", "strategy", filled.strategy, ["default", "rle"]);
  return { ...given, ...filled };
}

/** The body of a filter pipeline message, version 2, or undefined without filters (specification, IV.A.2.l). */
export function encodeFilters(filters: FilledFilters, elementBytes: number): Uint8Array | undefined {
  const list: { id: number; values: number[] }[] = [];
  if (filters.shuffle && elementBytes > 1) list.push({ id: 2, values: [elementBytes] });
  if (filters.deflate > 0) list.push({ id: 1, values: [filters.deflate] });
  if (filters.fletcher32) list.push({ id: 3, values: [] });
  if (list.length === 0) return undefined;
  const body = new ByteBuilder().u8(2).u8(list.length);
  for (const { id, values } of list) {
    // Flag 1: optional, as HDF5 itself marks shuffle and deflate.
    body
      .u16(id)
      .u16(id === 3 ? 0 : 1)
      .u16(values.length);
    for (const value of values) body.u32(value);
  }
  return body.bytes;
}
