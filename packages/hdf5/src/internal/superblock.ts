import { ByteBuilder, UNDEFINED_ADDRESS } from "./byte-builder.ts";
import { lookup3 } from "./lookup3.ts";

/** Bytes of a superblock of version 2: less than a sector, so that it is replaced as a whole. */
export const SUPERBLOCK_BYTES = 48;

/**
 * The superblock, version 2 (HDF5 file format specification, II.A).
 * @param endOfFile - bytes that belong to this state of the file; what lies behind is ignored by readers
 */
export function encodeSuperblock(rootAddress: number, endOfFile: number): Uint8Array {
  const block = new ByteBuilder();
  block.u8(0x89).ascii("HDF\r\n").u8(0x1a).ascii("\n");
  block.u8(2).u8(8).u8(8).u8(0);
  block.u64(0).u64(UNDEFINED_ADDRESS).u64(endOfFile).u64(rootAddress);
  return block.u32(lookup3(block.bytes, 0, block.length)).bytes;
}
