import { MillraceError, readU32 } from "@millrace/base";
import { unshuffleBytes } from "@millrace/codecs";
import {
  decompressBlosc,
  decompressBloscSync,
  decompressBytes,
  decompressBytesSync,
  decompressLz4Block,
  decompressLzf,
} from "@millrace/compress";
import { fletcher32 } from "../internal/fletcher32.ts";

/** Whether a chunk is decoded on this thread at once, or where the platform wants to. */
export type DecodeMode = "sync" | "async";

/** What undoes a filter. */
export type Undo = (
  bytes: Uint8Array,
  values: readonly number[],
  expectedBytes: number,
  mode: DecodeMode,
) => Uint8Array | Promise<Uint8Array>;

/** Filters may lengthen what they cannot shrink, by a checksum say. */
const FILTER_SLACK_BYTES = 4096;

/** The filters that the reader has itself, by their registered numbers. */
export const BUILT_IN_FILTERS: ReadonlyMap<number, { readonly name: string; readonly undo: Undo }> = new Map([
  [1, { name: "deflate", undo: undoBy("deflate") }],
  [2, { name: "shuffle", undo: undoShuffle }],
  [3, { name: "fletcher32", undo: undoFletcher }],
  [32000, { name: "lzf", undo: undoLzf }],
  [32001, { name: "blosc", undo: undoBlosc }],
  [32004, { name: "lz4", undo: undoLz4 }],
  [32015, { name: "zstd", undo: undoBy("zstd") }],
]);

function undoBy(codec: "deflate" | "zstd"): Undo {
  return (bytes, _values, expectedBytes, mode) => {
    const limitBytes = expectedBytes + FILTER_SLACK_BYTES;
    if (mode === "sync") return decompressBytesSync(bytes, codec, limitBytes);
    return decompressBytes(bytes, codec, limitBytes);
  };
}

function undoShuffle(bytes: Uint8Array, values: readonly number[]): Uint8Array {
  const elementBytes = values[0] ?? 0;
  if (elementBytes < 1 || elementBytes > 65_536) {
    throw new MillraceError("HDF5_FILTER_VALUE", `shuffle is over elements of ${elementBytes} bytes`);
  }
  // Bytes by themselves were left in their places.
  if (elementBytes === 1) return bytes;
  const plain = new Uint8Array(bytes.length);
  unshuffleBytes(bytes, 0, bytes.length, elementBytes, plain, 0);
  return plain;
}

/** h5py's filter keeps the size of a chunk as its third value. */
function undoLzf(bytes: Uint8Array, values: readonly number[], expectedBytes: number): Uint8Array {
  return decompressLzf(bytes, Math.min(values[2] ?? expectedBytes, expectedBytes + FILTER_SLACK_BYTES));
}

/**
 * Blocks of LZ4 behind a head, all numbers big-endian: bytes in all (8), bytes of a block (4), and before each block
 * its bytes in the file (4); a block that is as long as what it holds is stored.
 * @see https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md
 */
function undoLz4(bytes: Uint8Array, _values: readonly number[], expectedBytes: number): Uint8Array {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const refuse = (problem: string): MillraceError =>
    new MillraceError("HDF5_FILTER_VALUE", `lz4: ${problem}`);
  if (bytes.length < 12) throw refuse("the chunk ends inside its head");
  const total = words.getUint32(0) * 2 ** 32 + words.getUint32(4);
  const blockBytes = words.getUint32(8);
  if (total > expectedBytes + FILTER_SLACK_BYTES) throw refuse(`the chunk says that it has ${total} bytes`);
  if (blockBytes === 0 && total > 0) throw refuse("its blocks are empty");
  const plain = new Uint8Array(total);
  for (let done = 0, at = 12; done < total; ) {
    if (at + 4 > bytes.length) throw refuse("the chunk ends before its last block");
    const due = Math.min(blockBytes, total - done);
    const stored = words.getUint32(at);
    const block = bytes.subarray(at + 4, at + 4 + stored);
    if (block.length < stored) throw refuse("the chunk ends inside a block");
    plain.set(stored === due ? block : decompressLz4Block(block, due), done);
    done += due;
    at += 4 + stored;
  }
  return plain;
}

/** A chunk is one buffer of Blosc 1, which says itself how it was made. */
function undoBlosc(
  bytes: Uint8Array,
  _values: readonly number[],
  expectedBytes: number,
  mode: DecodeMode,
): Uint8Array | Promise<Uint8Array> {
  const limitBytes = expectedBytes + FILTER_SLACK_BYTES;
  return mode === "sync" ? decompressBloscSync(bytes, limitBytes) : decompressBlosc(bytes, limitBytes);
}

function undoFletcher(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 4;
  if (end >= 0 && fletcher32(bytes, 0, end) === readU32(bytes, end)) return bytes.subarray(0, end);
  throw new MillraceError("HDF5_CHUNK_CHECKSUM", "the checksum of a chunk does not fit");
}
