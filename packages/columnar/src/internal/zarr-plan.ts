import { checkInteger, checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";
import { bytesPerElement, ELEMENT_KINDS, type ElementKind } from "@millrace/buffers";
import {
  DEFAULT_ZARR_ARRAY_OPTIONS,
  type ZarrArrayOptions,
  type ZarrCompression,
  type ZarrKind,
} from "../zarr-options.ts";

/** What a chunk should have when its rows are not given. */
const TARGET_CHUNK_BYTES = 256 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;
const MAX_SHARD_CHUNKS = 65_536;

/** An array's options, filled up and checked. */
export interface ZarrPlan {
  readonly kind: ZarrKind;
  /** The kind of typed array that holds the values. */
  readonly storageKind: ElementKind;
  readonly rowShape: readonly number[];
  readonly chunkRows: number;
  readonly shardChunks: number;
  readonly codec: "none" | "gzip" | "zstd";
  readonly level: number;
  readonly checksum: boolean;
  readonly dimensionNames: readonly string[];
}

/** Fills up and checks. @throws InvalidArgumentError */
export function resolveArrayOptions(options: ZarrArrayOptions<ZarrKind>): ZarrPlan {
  const filled = resolveOptions<Required<ZarrArrayOptions<ZarrKind>>>(
    "zarr",
    { kind: "float64", ...DEFAULT_ZARR_ARRAY_OPTIONS },
    options,
  );
  const kind = checkOneOf("zarr", "kind", options.kind, [...ELEMENT_KINDS, "boolean"] as const);
  const storageKind = kind === "boolean" ? "uint8" : kind;
  const { rowShape, dimensionNames } = filled;
  checkInteger("zarr", "dimensions of a row", rowShape.length, 0, 31);
  for (const size of rowShape) checkInteger("zarr", "rowShape", size, 1, 2 ** 32 - 1);
  const rowBytes = rowShape.reduce((product, size) => product * size, 1) * bytesPerElement(storageKind);
  checkInteger("zarr", "bytes of a row", rowBytes, 1, MAX_CHUNK_BYTES);
  const given =
    filled.chunkRows === 0 ? Math.max(1, Math.floor(TARGET_CHUNK_BYTES / rowBytes)) : filled.chunkRows;
  const chunkRows = checkInteger("zarr", "chunkRows", given, 1, Math.floor(MAX_CHUNK_BYTES / rowBytes));
  if (dimensionNames.length > 0) {
    checkInteger("zarr", "dimensionNames", dimensionNames.length, rowShape.length + 1, rowShape.length + 1);
  }
  return {
    kind,
    storageKind,
    rowShape: [...rowShape],
    chunkRows,
    shardChunks: checkInteger("zarr", "shardChunks", filled.shardChunks, 1, MAX_SHARD_CHUNKS),
    ...resolveCompression(filled.compression),
    checksum: filled.checksum,
    dimensionNames: [...dimensionNames],
  };
}

function resolveCompression(compression: ZarrCompression | "none"): Pick<ZarrPlan, "codec" | "level"> {
  if (compression === "none") return { codec: "none", level: 0 };
  if (typeof compression === "object" && compression !== null) {
    if ("gzip" in compression) {
      const { gzip } = resolveOptions("zarr", { gzip: 1 }, compression);
      return { codec: "gzip", level: checkInteger("zarr", "gzip", gzip, 1, 9) };
    }
    if ("zstd" in compression) {
      const { zstd } = resolveOptions("zarr", { zstd: 3 }, compression);
      return { codec: "zstd", level: checkInteger("zarr", "zstd", zstd, 1, 22) };
    }
  }
  throw new InvalidArgumentError(
    "ZARR_OPTION_VALUE",
    "zarr compression",
    compression,
    '{ gzip: 1 }, { zstd: 3 } or "none"',
  );
}
