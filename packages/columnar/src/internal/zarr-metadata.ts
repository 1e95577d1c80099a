import type { ZarrPlan } from "./zarr-plan.ts";

/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

const encoder = new TextEncoder();
const LITTLE_ENDIAN = { name: "bytes", configuration: { endian: "little" } } as const;
const CHECKSUM = { name: "crc32c" } as const;

/** The zarr.json of a group (Zarr core specification 3, "Group metadata"). */
export function groupMetadata(attributes: JsonValue): Uint8Array {
  return encode({ zarr_format: 3, node_type: "group", attributes });
}

/** The zarr.json of an array that grows by rows (the same, "Array metadata"). */
export function arrayMetadata(plan: ZarrPlan, rows: number, attributes: JsonValue): Uint8Array {
  const { kind, rowShape, chunkRows, shardChunks, dimensionNames } = plan;
  const chunkShape = [chunkRows, ...rowShape];
  const sharding = {
    name: "sharding_indexed",
    configuration: {
      chunk_shape: chunkShape,
      codecs: codecsOf(plan),
      index_codecs: [LITTLE_ENDIAN, CHECKSUM],
      index_location: "end",
    },
  };
  return encode({
    zarr_format: 3,
    node_type: "array",
    shape: [rows, ...rowShape],
    data_type: kind === "boolean" ? "bool" : kind,
    chunk_grid: {
      name: "regular",
      configuration: { chunk_shape: [chunkRows * shardChunks, ...rowShape] },
    },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: kind === "boolean" ? false : 0,
    codecs: shardChunks > 1 ? [sharding] : codecsOf(plan),
    attributes,
    ...(dimensionNames.length > 0 ? { dimension_names: dimensionNames } : {}),
  });
}

/** The zarr.json of texts in one chunk, by the codec `vlen-utf8`. */
export function textMetadata(shape: readonly number[], attributes: JsonValue): Uint8Array {
  return encode({
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: "string",
    chunk_grid: { name: "regular", configuration: { chunk_shape: shape.map((size) => Math.max(1, size)) } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: "",
    codecs: [{ name: "vlen-utf8" }],
    attributes,
  });
}

function codecsOf({ codec, level, checksum }: ZarrPlan): JsonValue[] {
  const codecs: JsonValue[] = [LITTLE_ENDIAN];
  if (codec === "gzip") codecs.push({ name: "gzip", configuration: { level } });
  if (codec === "zstd") codecs.push({ name: "zstd", configuration: { level, checksum: false } });
  if (checksum) codecs.push(CHECKSUM);
  return codecs;
}

function encode(value: JsonValue): Uint8Array {
  return encoder.encode(`${JSON.stringify(value, undefined, 2)}\n`);
}
