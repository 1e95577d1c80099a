import { CapacityError, CorruptDataError } from "@millrace/base";
import { type UnzipFileInfo, unzipSync } from "fflate";

/**
 * Reads the files of a ZIP archive, stored or deflated, by their names; in the calling thread.
 * @param limitBytes - most bytes that all of them together may have
 * @throws CorruptDataError `COMPRESS_ZIP_CORRUPT` when it is damaged, cut off, encrypted or no ZIP archive
 * @throws CapacityError `COMPRESS_OUTPUT_LIMIT`
 * @example
 * const arrays = readZip(bytes, 2 ** 30); // of an .npz: "x.npy", "t.npy" …
 */
export function readZip(bytes: Uint8Array, limitBytes: number): Map<string, Uint8Array> {
  let total = 0;
  const filter = ({ originalSize }: UnzipFileInfo): boolean => {
    // What an entry says it has is taken before a byte of it is decoded.
    total += originalSize;
    if (total > limitBytes) {
      throw new CapacityError("COMPRESS_OUTPUT_LIMIT", "zip output (at least)", total, limitBytes);
    }
    return true;
  };
  try {
    return new Map(Object.entries(unzipSync(bytes, { filter })));
  } catch (cause) {
    if (cause instanceof CapacityError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const problem = `the decoder says "${reason}"; it is damaged, cut off or no ZIP archive`;
    throw new CorruptDataError("COMPRESS_ZIP_CORRUPT", "zip", 0, problem, { cause });
  }
}
