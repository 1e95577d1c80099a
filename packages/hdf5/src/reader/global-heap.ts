import type { Cursor } from "./cursor.ts";
import type { ReaderFile } from "./reader-file.ts";

type Collection = Map<number, { readonly address: number; readonly length: number }>;

/** Collections whose directories are kept. */
const MAX_COLLECTIONS = 256;

/** The head of a collection and of an object: eight bytes and a length, filled up to a multiple of eight. */
const headBytesOf = (file: ReaderFile): number => 8 + Math.ceil(file.lengthBytes / 8) * 8;

/** Global heaps (specification, III.E): collections of objects of any length, for text and lists. */
export class GlobalHeapReader {
  readonly #file: ReaderFile;
  readonly #collections = new Map<number, Collection>();

  constructor(file: ReaderFile) {
    this.#file = file;
  }

  /** The bytes of an object. @throws CorruptDataError when there is none */
  object(address: number, index: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const place = this.#collection(address).get(index);
    if (place === undefined) throw this.#file.corrupt(address, `a global heap has no object ${index}`);
    if (place.length >= byteLength)
      return this.#file.bytes(place.address, byteLength, "a global heap's object");
    throw this.#file.corrupt(
      place.address,
      `object ${index} of a global heap has ${place.length} bytes, ${byteLength} are due`,
    );
  }

  #collection(address: number): Collection {
    const known = this.#collections.get(address);
    if (known !== undefined) return known;
    const head = this.#file.cursor(address, headBytesOf(this.#file), "a global heap");
    head.expectSignature("GCOL");
    head.version(1, 1);
    head.skip(3);
    const length = head.length();
    const body = this.#file.cursor(address, length, "a global heap");
    body.skip(Math.min(headBytesOf(this.#file), body.left));
    const collection = readCollection(body);
    if (this.#collections.size >= MAX_COLLECTIONS) this.#collections.clear();
    this.#collections.set(address, collection);
    return collection;
  }
}

function readCollection(body: Cursor): Collection {
  const collection: Collection = new Map();
  const headBytes = headBytesOf(body.file);
  while (body.left >= headBytes) {
    const head = body.sub(headBytes);
    const index = head.u16();
    head.skip(6);
    const length = head.length();
    // Object 0 is the free space at the end.
    if (index === 0) break;
    collection.set(index, { address: body.address + body.at, length });
    body.skip(Math.min(Math.ceil(length / 8) * 8, Math.max(body.left, length)));
  }
  return collection;
}
