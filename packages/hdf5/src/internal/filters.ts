import { checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import type { DeflateStrategy } from "@millrace/compress";
import { ByteBuilder } from "./byte-builder.ts";

/** A filter that this package has not: how it is told in the file, and what makes its chunks. */
export interface Hdf5ChunkFilter {
  /** Its registered number, 256 to 65,535. */
  readonly id: number;
  /** In printable ASCII, up to 64 characters. */
  readonly name: string;
  /** Its parameters, which the file keeps for those who read it. @default none */
  readonly values?: readonly number[];
  /**
   * Encodes one chunk, on the calling thread.
   * @param bytes - a whole chunk, for reading only
   * @param filledBytes - those of rows; what is behind them is 0 and belongs to rows that are not there yet
   * @returns bytes of its own; what it throws becomes the cause of `HDF5_WRITE_FAILED`
   */
  encode(bytes: Uint8Array, filledBytes: number): Uint8Array<ArrayBuffer>;
}

/**
 * How a dataset's chunks are compressed, when they are: by deflate, which every reader has; by zstd, which is quicker
 * and smaller, but needs a plugin (hdf5plugin for h5py); by LZF, which h5py always has; or by a filter of one's own.
 */
export type Hdf5Compression =
  | {
      /** Level of deflate (HDF5's gzip filter), 1 to 9. */
      readonly deflate: number;
      /** `"rle"` is quicker and enough for shuffled numbers; any reader reads both. @default "rle" */
      readonly strategy?: DeflateStrategy;
    }
  | {
      /** Level of zstd (filter 32015), 1 to 22. */
      readonly zstd: number;
    }
  | {
      /** LZF (filter 32000), which has no levels, and works on the calling thread. */
      readonly lzf: true;
    }
  | { readonly filter: Hdf5ChunkFilter };

/** The compressing filters by name. */
export type ChunkCodec = "none" | "deflate" | "zstd" | "lzf" | "given";

/** The filters of a dataset, filled up. */
export interface FilledFilters {
  readonly shuffle: boolean;
  readonly codec: ChunkCodec;
  /** 0 where there are none. */
  readonly level: number;
  readonly strategy: DeflateStrategy;
  readonly fletcher32: boolean;
  /** What codec "given" stands for. */
  readonly given?: Required<Hdf5ChunkFilter>;
}

/** Numbers of filters: HDF5's own, and those of the registry. */
export const FILTER_IDS: Readonly<
  Record<"shuffle" | "fletcher32" | Exclude<ChunkCodec, "none" | "given">, number>
> = Object.freeze({ deflate: 1, shuffle: 2, fletcher32: 3, lzf: 32_000, zstd: 32_015 });

const NO_COMPRESSION = Object.freeze({ codec: "none", level: 0, strategy: "rle" } as const);

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
  return { shuffle, ...resolveCompression(compression), fletcher32: checksum };
}

function resolveCompression(
  compression: Hdf5Compression | "none",
): Pick<FilledFilters, "codec" | "level" | "strategy" | "given"> {
  if (compression === "none") return NO_COMPRESSION;
  if (typeof compression === "object" && compression !== null) {
    if ("deflate" in compression) {
      const { deflate, strategy } = resolveOptions("hdf5", { deflate: 1, strategy: "rle" }, compression);
      checkInteger("hdf5", "deflate", deflate, 1, 9);
      return { codec: "deflate", level: deflate, strategy: checkStrategy(strategy) };
    }
    if ("zstd" in compression) {
      const { zstd } = resolveOptions("hdf5", { zstd: 3 }, compression);
      return { ...NO_COMPRESSION, codec: "zstd", level: checkInteger("hdf5", "zstd", zstd, 1, 22) };
    }
    if ("lzf" in compression && resolveOptions("hdf5", { lzf: true }, compression).lzf === true) {
      return { ...NO_COMPRESSION, codec: "lzf" };
    }
    if ("filter" in compression) {
      return { ...NO_COMPRESSION, codec: "given", given: checkFilter(compression.filter) };
    }
  }
  throw new InvalidArgumentError(
    "HDF5_OPTION_VALUE",
    "hdf5 compression",
    compression,
    '{ deflate: 1 }, { zstd: 3 }, { lzf: true }, { filter } or "none"',
  );
}

function checkFilter(filter: Hdf5ChunkFilter): Required<Hdf5ChunkFilter> {
  const { id, name, values = [] } = filter;
  checkInteger("hdf5", "filter id", id, 256, 65_535);
  if (!/^[\x20-\x7e]{1,64}$/.test(name)) {
    throw new InvalidArgumentError("HDF5_OPTION_VALUE", "hdf5 filter name", name, "1 to 64 letters of ASCII");
  }
  checkInteger("hdf5", "values of a filter", values.length, 0, 64);
  for (const value of values) checkInteger("hdf5", "value of a filter", value, 0, 2 ** 32 - 1);
  return { id, name, values: [...values], encode: (bytes, filled) => filter.encode(bytes, filled) };
}

function checkStrategy(strategy: string): DeflateStrategy {
  return checkOneOf("hdf5", "strategy", strategy as DeflateStrategy, ["default", "rle"]);
}

/** A filter of a dataset: one of ours, or the one that was given. */
type FilterName = keyof typeof FILTER_IDS | "given";

/** The filters that a dataset has, in the order in which they are applied; a chunk's mask says by bits which are not. */
export function filtersInOrder(filters: FilledFilters, elementBytes: number): FilterName[] {
  const list: FilterName[] = [];
  if (filters.shuffle && elementBytes > 1) list.push("shuffle");
  if (filters.codec !== "none") list.push(filters.codec);
  if (filters.fletcher32) list.push("fletcher32");
  return list;
}

/**
 * The body of a filter pipeline message, version 2, or undefined without filters (specification, IV.A.2.l).
 * @param chunkBytes - of a whole chunk, which LZF wants to know
 */
export function encodeFilters(
  filters: FilledFilters,
  elementBytes: number,
  chunkBytes: number,
): Uint8Array | undefined {
  const list = filtersInOrder(filters, elementBytes);
  if (list.length === 0) return undefined;
  const body = new ByteBuilder().u8(2).u8(list.length);
  const { given } = filters;
  const valuesOf = {
    shuffle: [elementBytes],
    deflate: [filters.level],
    zstd: [filters.level],
    // As h5py writes it: the versions of its filter and of liblzf (1.5 as two bytes), and the chunk's size.
    lzf: [4, 0x0105, chunkBytes],
    fletcher32: [],
    given: given?.values ?? [],
  };
  for (const filter of list) {
    const [id, name] = filter === "given" ? [given!.id, given!.name] : [FILTER_IDS[filter], filter];
    body.u16(id);
    // Filters that are not HDF5's own have a name.
    if (id >= 256) body.u16(name.length + 1);
    // Flag 1: optional, as HDF5 itself marks all but checksums.
    body.u16(filter === "fletcher32" ? 0 : 1).u16(valuesOf[filter].length);
    if (id >= 256) body.ascii(name).u8(0);
    for (const value of valuesOf[filter]) body.u32(value);
  }
  return body.bytes;
}
