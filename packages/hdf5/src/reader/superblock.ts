import { CorruptDataError } from "@millrace/base";
import { type Hdf5Bytes, ReaderFile } from "./reader-file.ts";

/** What the superblock leads to. */
export interface OpenedFile {
  readonly file: ReaderFile;
  readonly rootAddress: number;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Finds and reads the superblock, versions 0 to 3 (specification, II.A), at byte 0 or behind a user block.
 * @throws CorruptDataError `HDF5_SIGNATURE_MISSING` when there is none, `HDF5_FILE_CORRUPT` when it is damaged
 */
export function openSuperblock(source: Hdf5Bytes, limitBytes: number): OpenedFile {
  const base = findSignature(source);
  const head = new ReaderFile(source, base, 8, 8, limitBytes);
  const version = head.bytes(8, 1, "the superblock")[0]!;
  return version < 2 ? readOld(source, head, limitBytes) : readNew(source, head, limitBytes);
}

/** User blocks have 512 bytes, or a power of two times that. */
function findSignature(source: Hdf5Bytes): number {
  for (let at = 0; at + SIGNATURE.length <= source.size; at = at === 0 ? 512 : at * 2) {
    const bytes = source.bytes(at, SIGNATURE.length);
    if (SIGNATURE.every((byte, i) => bytes[i] === byte)) return at;
  }
  throw new CorruptDataError(
    "HDF5_SIGNATURE_MISSING",
    source.path,
    0,
    "there is no signature of HDF5; the file is of another format, or its beginning is damaged",
  );
}

/** Versions 0 and 1 have no checksum. */
function readOld(source: Hdf5Bytes, head: ReaderFile, limitBytes: number): OpenedFile {
  const start = head.cursor(8, 16, "the superblock");
  const version = start.version(1);
  start.skip(4);
  const file = withSizes(source, head, start.u8(), start.u8(), limitBytes);
  const addresses = file.cursor(version === 0 ? 24 : 28, 6 * file.offsetBytes, "the superblock");
  addresses.offset(); // The base address: where the superblock was found counts, as in libhdf5.
  addresses.offset(); // Free space.
  checkEnd(source, file, addresses.offset());
  addresses.offset(); // Driver information; the addresses do not depend on it for files of one piece.
  addresses.offset(); // The name of the root group.
  return { file, rootAddress: addresses.offset() };
}

function readNew(source: Hdf5Bytes, head: ReaderFile, limitBytes: number): OpenedFile {
  const start = head.cursor(8, 4, "the superblock");
  start.version(3, 2);
  const file = withSizes(source, head, start.u8(), start.u8(), limitBytes);
  const cursor = file.checkedCursor(0, 12 + 4 * file.offsetBytes + 4, "the superblock");
  cursor.skip(12);
  cursor.offset();
  cursor.offset(); // The superblock's extension: what it tells is of use to writers only.
  checkEnd(source, file, cursor.offset());
  return { file, rootAddress: cursor.offset() };
}

function withSizes(
  source: Hdf5Bytes,
  head: ReaderFile,
  offsetBytes: number,
  lengthBytes: number,
  limitBytes: number,
): ReaderFile {
  for (const size of [offsetBytes, lengthBytes]) {
    if (size !== 2 && size !== 4 && size !== 8) {
      throw head.corrupt(0, `addresses or lengths have ${size} bytes, where 2, 4 and 8 are known`);
    }
  }
  return new ReaderFile(source, head.base, offsetBytes, lengthBytes, limitBytes);
}

function checkEnd(source: Hdf5Bytes, file: ReaderFile, endOfFile: number): void {
  if (endOfFile <= source.size) return;
  throw file.corrupt(0, `the file is cut off: ${endOfFile} bytes are due, it has ${source.size}`);
}
