import { CapacityError, ClosedError, CorruptDataError, MillraceError, readU32 } from "@millrace/base";
import { lookup3 } from "../internal/lookup3.ts";
import { Cursor } from "./cursor.ts";

/** Bytes that can be read at once at any position: a `FileView`, or memory. */
export interface Hdf5Bytes {
  /** For messages: a path, or what the bytes are called. */
  readonly path: string;
  readonly size: number;
  /** The bytes [offset, offset + length): a view where that is possible. */
  bytes(offset: number, length: number): Uint8Array<ArrayBuffer>;
  close?(): Promise<void>;
}

/** Stands for "no address", which is all ones in the file. */
export const NO_ADDRESS = -1;

/**
 * The file as all parts of the reader see it: addresses count from the superblock, and no read leaves the file.
 */
export class ReaderFile {
  readonly path: string;
  /** Bytes from the superblock to the end of the file. */
  readonly size: number;
  /** Where the superblock is: behind the user block, when there is one. */
  readonly base: number;
  /** Bytes of an address in this file. */
  readonly offsetBytes: number;
  /** Bytes of a length in this file. */
  readonly lengthBytes: number;
  /** Most bytes that one call may take. */
  readonly limitBytes: number;
  readonly #source: Hdf5Bytes;
  #isClosed = false;

  constructor(source: Hdf5Bytes, base: number, offsetBytes: number, lengthBytes: number, limitBytes: number) {
    this.path = source.path;
    this.size = source.size - base;
    this.base = base;
    this.offsetBytes = offsetBytes;
    this.lengthBytes = lengthBytes;
    this.limitBytes = limitBytes;
    this.#source = source;
  }

  /** @param what - names the range in the message @throws CorruptDataError when it is not inside the file */
  bytes(address: number, length: number, what: string): Uint8Array<ArrayBuffer> {
    this.checkOpen();
    if (!(address >= 0 && length >= 0 && address + length <= this.size)) {
      throw this.corrupt(
        Math.max(address, 0),
        `${what} of ${length} bytes is due, the file has ${this.size} bytes`,
      );
    }
    return this.#source.bytes(this.base + address, length);
  }

  /** A cursor over a structure of a known length. @throws CorruptDataError */
  cursor(address: number, length: number, what: string): Cursor {
    return new Cursor(this, this.bytes(address, length, what), address, what);
  }

  /** As {@link cursor}, for a structure that ends with its checksum, which is checked and left out. */
  checkedCursor(address: number, length: number, what: string): Cursor {
    const bytes = this.bytes(address, length, what);
    const end = length - 4;
    if (end < 0 || lookup3(bytes, 0, end) !== readU32(bytes, end)) {
      throw this.corrupt(address, `the checksum of ${what} does not fit`);
    }
    return new Cursor(this, bytes.subarray(0, end), address, what);
  }

  /** @throws ClosedError */
  checkOpen(): void {
    if (this.#isClosed) throw new ClosedError("HDF5_READER_CLOSED", `the reader of ${this.path}`);
  }

  /** @throws CapacityError when one call would take more than the option `limitBytes` */
  checkLimit(what: string, byteLength: number): void {
    if (byteLength <= this.limitBytes) return;
    throw new CapacityError("HDF5_READ_LIMIT", `${this.path}: ${what}`, byteLength, this.limitBytes);
  }

  corrupt(address: number, problem: string, cause?: unknown): CorruptDataError {
    return new CorruptDataError(
      "HDF5_FILE_CORRUPT",
      this.path,
      this.base + address,
      `${problem}; the file is damaged, get it again or restore it from a copy`,
      cause === undefined ? {} : { cause },
    );
  }

  unsupported(feature: string, what: string): MillraceError {
    return new MillraceError(
      `HDF5_UNSUPPORTED_${feature}`,
      `${this.path}: ${what} cannot be read here; h5repack or h5py can write a copy without it`,
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#source.close?.();
  }
}
