import { checkInteger, InvalidArgumentError, parseByteSize, resolveOptions } from "@millrace/base";

/** A size: a number of bytes, or text such as "100MB". */
export type Size = number | string;

/** How a store uses the machine. The names are those that its users know. */
export interface PerformanceConfig {
  /** Files up to this size are read whole. @default 100MB */
  readonly memory_threshold?: Size;
  /** Most memory of all operations together. @default 1GB */
  readonly max_memory_usage?: Size;
  /** Whether shards are written while the next stripes are coded. @default true */
  readonly pipeline_uploads?: boolean;
  /** Where that goes which a server must be given whole. @default the RAM disk or the working directory, then the system's */
  readonly temp_directory?: string | null;
  /** Whether such files may lie in memory, where there is room. @default false */
  readonly use_ramdisk?: boolean;
  /** Most bytes a second to all backends together; null for no limit. @default null */
  readonly upload_limit?: Size | null;
  /** Most bytes a second from all backends together. @default null */
  readonly download_limit?: Size | null;
  /** Files of a folder that are put or got at a time. @default 4 */
  readonly concurrency?: number;
}

/** {@link PerformanceConfig} with every field filled in, sizes in bytes. */
export interface FilledPerformance extends Required<PerformanceConfig> {
  readonly memory_threshold: number;
  readonly max_memory_usage: number;
  readonly upload_limit: number | null;
  readonly download_limit: number | null;
}

/** What {@link PerformanceConfig} is where nothing is given. */
export const DEFAULT_PERFORMANCE: FilledPerformance = Object.freeze({
  memory_threshold: 100_000_000,
  max_memory_usage: 1_000_000_000,
  pipeline_uploads: true,
  temp_directory: null,
  use_ramdisk: false,
  upload_limit: null,
  download_limit: null,
  concurrency: 4,
});

const MAX_BYTES = Number.MAX_SAFE_INTEGER;

/** Fills the settings up and checks them. @throws InvalidArgumentError */
export function checkPerformance(given: PerformanceConfig): FilledPerformance {
  const filled = resolveOptions<Required<PerformanceConfig>>("store performance", DEFAULT_PERFORMANCE, given);
  const { memory_threshold, max_memory_usage, temp_directory, concurrency } = filled;
  for (const name of ["pipeline_uploads", "use_ramdisk"] as const) {
    if (typeof filled[name] === "boolean") continue;
    const what = `store performance ${name}`;
    throw new InvalidArgumentError("STORE_OPTION_VALUE", what, filled[name], "true or false");
  }
  if (temp_directory !== null && (typeof temp_directory !== "string" || temp_directory === "")) {
    const what = "store performance temp_directory";
    throw new InvalidArgumentError("STORE_OPTION_VALUE", what, temp_directory, "a path");
  }
  return {
    ...filled,
    memory_threshold: sizeOf("memory_threshold", memory_threshold, 0),
    max_memory_usage: sizeOf("max_memory_usage", max_memory_usage, 1),
    upload_limit: limitOf("store performance", "upload_limit", filled.upload_limit),
    download_limit: limitOf("store performance", "download_limit", filled.download_limit),
    concurrency: checkInteger("store performance", "concurrency", concurrency, 1, 256),
  };
}

/** A limit in bytes; null for none. @throws InvalidArgumentError */
export function limitOf(scope: string, name: string, limit: Size | null): number | null {
  if (limit === null) return null;
  const bytes = typeof limit === "string" ? parseByteSize(limit) : limit;
  return checkInteger(scope, name, bytes, 1, MAX_BYTES);
}

function sizeOf(name: string, size: Size, lo: number): number {
  const bytes = typeof size === "string" ? parseByteSize(size) : size;
  return checkInteger("store performance", name, bytes, lo, MAX_BYTES);
}
