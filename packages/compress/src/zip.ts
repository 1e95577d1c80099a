import { CapacityError, CorruptDataError, checkInteger } from "@millrace/base";
import { type UnzipFileInfo, unzipSync, zipSync } from "fflate";

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

/** The names and the sums of each file take some of the 4 GiB that 32 bits can tell. */
const MAX_ZIP_BYTES = 2 ** 32 - 2 ** 24;
/** What the files of an archive get as their date: that of no day on which it was made, so that archives are equal. */
const DATE = "1980-01-01T00:00:00";

/**
 * Makes a ZIP archive; in the calling thread, and without the 64-bit form that files of 4 GiB would need.
 * @param files - bytes by name
 * @param level - of deflate, 0 to 9; 0 stores the files as they are. Default 1
 * @throws CapacityError `COMPRESS_ZIP_SIZE` for files of 4 GiB and more together
 * @example
 * const archive = writeZip(new Map([["x.npy", bytes]]));
 */
export function writeZip(files: ReadonlyMap<string, Uint8Array>, level = 1): Uint8Array {
  checkInteger("compress", "level", level, 0, 9);
  const total = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  if (total > MAX_ZIP_BYTES) throw new CapacityError("COMPRESS_ZIP_SIZE", "zip", total, MAX_ZIP_BYTES);
  return zipSync(Object.fromEntries(files), { level: level as 0, mtime: DATE });
}
