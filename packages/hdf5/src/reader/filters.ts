import { type CorruptDataError, isMillraceError, MillraceError, readU32 } from "@millrace/base";
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
import { messageOf, type ObjectHeader } from "./object-header.ts";
import type { ReaderFile } from "./reader-file.ts";

/** A filter that the reader does not have itself, by its registered number. */
export interface Hdf5Filter {
  /** For messages. */
  readonly name: string;
  /**
   * Undoes the filter for one chunk; with a promise the dataset can only be read asynchronously.
   * @param bytes - what the filter made; for reading only
   * @param clientValues - the filter's parameters in the file
   * @param expectedBytes - bytes of a whole chunk: what comes out, when this is the first filter
   */
  decode(
    bytes: Uint8Array,
    clientValues: readonly number[],
    expectedBytes: number,
  ): Uint8Array | Promise<Uint8Array>;
}

/** Filters by their registered numbers. */
export type Hdf5Filters = Readonly<Record<number, Hdf5Filter>>;

/** A filter of a dataset. */
export interface Hdf5FilterUse {
  readonly id: number;
  /** What the file calls it, or its number. */
  readonly name: string;
  readonly clientValues: readonly number[];
}

/** Whether a chunk is decoded on this thread at once, or where the platform wants to. */
export type DecodeMode = "sync" | "async";

/** What undoes a built-in filter. */
type Undo = (
  bytes: Uint8Array,
  values: readonly number[],
  expectedBytes: number,
  mode: DecodeMode,
) => Uint8Array | Promise<Uint8Array>;

/** Filters may lengthen what they cannot shrink, by a checksum say. */
const FILTER_SLACK_BYTES = 4096;

const BUILT_IN: ReadonlyMap<number, { readonly name: string; readonly undo: Undo }> = new Map([
  [1, { name: "deflate", undo: undoBy("deflate") }],
  [2, { name: "shuffle", undo: undoShuffle }],
  [3, { name: "fletcher32", undo: undoFletcher }],
  [32000, { name: "lzf", undo: undoLzf }],
  [32001, { name: "blosc", undo: undoBlosc }],
  [32004, { name: "lz4", undo: undoLz4 }],
  [32015, { name: "zstd", undo: undoBy("zstd") }],
]);

/** Names of registered filters that are not built in, for the message that refuses them. */
const KNOWN_NAMES: Readonly<Record<number, string>> = Object.freeze({
  4: "szip",
  5: "nbit",
  6: "scaleoffset",
  32008: "bitshuffle",
  32013: "zfp",
  32026: "blosc2",
});

/** Reads a filter pipeline message, version 1 or 2 (specification, IV.A.2.l); none gives `[]`. */
export function readFilters(file: ReaderFile, header: ObjectHeader): Hdf5FilterUse[] {
  const cursor = messageOf(file, header, "filters");
  if (cursor === undefined) return [];
  const version = cursor.version(2, 1);
  const count = cursor.u8();
  if (version === 1) cursor.skip(6);
  if (count > 32) throw cursor.corrupt(`a dataset has ${count} filters, the most are 32`);
  return Array.from({ length: count }, () => {
    const id = cursor.u16();
    const nameBytes = version === 1 || id >= 256 ? cursor.u16() : 0;
    cursor.skip(2);
    const valueCount = cursor.u16();
    const name = cursor.text(version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes);
    const clientValues = Array.from({ length: valueCount }, () => cursor.u32());
    if (version === 1 && valueCount % 2 === 1) cursor.skip(4);
    const known = BUILT_IN.get(id)?.name ?? KNOWN_NAMES[id] ?? (name === "" ? `filter ${id}` : name);
    return { id, name: known, clientValues };
  });
}

/** Undoes the filters of one chunk, the last one first. */
export class ChunkDecoder {
  readonly #file: ReaderFile;
  readonly #uses: readonly Hdf5FilterUse[];
  readonly #undos: readonly (Undo | undefined)[];
  readonly #chunkBytes: number;

  constructor(file: ReaderFile, uses: readonly Hdf5FilterUse[], given: Hdf5Filters, chunkBytes: number) {
    this.#file = file;
    this.#uses = uses;
    this.#undos = uses.map(({ id }) => givenUndo(given[id]) ?? BUILT_IN.get(id)?.undo);
    this.#chunkBytes = chunkBytes;
  }

  /**
   * @param mask - bit i set: filter i was left out
   * @param address - of the chunk, for messages
   * @returns a promise only in mode "async", or when a filter that was given wants one
   */
  decode(
    bytes: Uint8Array<ArrayBuffer>,
    mask: number,
    address: number,
    mode: DecodeMode,
  ): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    return this.#undoFrom(this.#uses.length - 1, bytes, mask, address, mode);
  }

  #undoFrom(
    last: number,
    bytes: Uint8Array,
    mask: number,
    address: number,
    mode: DecodeMode,
  ): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    let current = bytes;
    for (let i = last; i >= 0; i--) {
      if (((mask >>> i) & 1) !== 0) continue;
      const use = this.#uses[i]!;
      const undo = this.#undos[i];
      if (undo === undefined) {
        throw this.#file.unsupported(
          "FILTER",
          `filter ${use.id} (${use.name}), which can be given as an option,`,
        );
      }
      const next = this.#guard(use, address, () => undo(current, use.clientValues, this.#chunkBytes, mode));
      if (next instanceof Promise) {
        return next.then(
          (done) => this.#undoFrom(i - 1, done, mask, address, mode),
          (cause: unknown) => {
            throw this.#refusal(use, address, cause);
          },
        );
      }
      current = next;
    }
    if (current.length === this.#chunkBytes) return asPlainBytes(current);
    throw this.#file.corrupt(
      address,
      `a chunk has ${current.length} bytes behind its filters, ${this.#chunkBytes} are due`,
    );
  }

  #guard<T>(use: Hdf5FilterUse, address: number, run: () => T): T {
    try {
      return run();
    } catch (cause) {
      throw this.#refusal(use, address, cause);
    }
  }

  /** What a decoder refuses is damage of this file; what it cannot do at all stays what it is. */
  #refusal(use: Hdf5FilterUse, address: number, cause: unknown): unknown {
    if (isMillraceError(cause, "COMPRESS_CODEC_UNAVAILABLE") || isMillraceError(cause, "HDF5_FILE_CORRUPT")) {
      return cause;
    }
    return this.#file.corrupt(address, `filter ${use.name} refuses a chunk`, cause) as CorruptDataError;
  }
}

/** Without what Node's Buffer changes: its `slice` is a view. */
export function asPlainBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
}

function givenUndo(filter: Hdf5Filter | undefined): Undo | undefined {
  if (filter === undefined) return undefined;
  return (bytes, values, expectedBytes) => filter.decode(bytes, values, expectedBytes);
}

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
