import { type CorruptDataError, isMillraceError } from "@millrace/base";
import { BUILT_IN_FILTERS, type DecodeMode, type Undo } from "./built-in-filters.ts";
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
    const known = BUILT_IN_FILTERS.get(id)?.name ?? KNOWN_NAMES[id] ?? (name === "" ? `filter ${id}` : name);
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
    this.#undos = uses.map(({ id }) => givenUndo(given[id]) ?? BUILT_IN_FILTERS.get(id)?.undo);
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
