import type { PageCache } from "@millrace/cache";
import { type Box, copyRegion, type ReadRegion, soleRun } from "./box.ts";
import type { DecodeMode } from "./built-in-filters.ts";
import { extensibleArrayChunks, fixedArrayChunks, implicitChunks, singleChunk } from "./chunk-arrays.ts";
import { chunksOfBTreeV1 } from "./chunk-btree-v1.ts";
import { chunksOfBTreeV2 } from "./chunk-btree-v2.ts";
import type { Chunk, ChunkGrid, FindChunks } from "./chunk-index.ts";
import { type Dataspace, elementCount } from "./dataspace.ts";
import { ChunkDecoder, type Hdf5Filters, type Hdf5FilterUse } from "./filters.ts";
import type { ChunkedLayout } from "./layout.ts";
import type { ReaderFile } from "./reader-file.ts";

/** A decoded chunk in the cache; damaged files may have two owners of one address. */
export interface CachedChunk {
  /** Address of the dataset's header. */
  readonly owner: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Decoded chunks of all datasets of a reader, by their addresses. */
export type ChunkCache = PageCache<CachedChunk>;

/** Chunks that are decoded at the same time: as many as libuv's pool has threads. */
const CHUNKS_IN_FLIGHT = 4;

/** The chunks of one dataset: finds, decodes and copies them. */
export class ChunkStore {
  readonly #file: ReaderFile;
  readonly #owner: number;
  readonly #cache: ChunkCache;
  readonly #shape: readonly number[];
  readonly #grid: ChunkGrid;
  readonly #find: FindChunks;
  readonly #decoder: ChunkDecoder;
  readonly #areEdgesFiltered: boolean;

  /** @param owner - address of the dataset's header */
  constructor(
    file: ReaderFile,
    owner: number,
    layout: ChunkedLayout,
    space: Dataspace,
    elementBytes: number,
    uses: readonly Hdf5FilterUse[],
    filters: Hdf5Filters,
    cache: ChunkCache,
  ) {
    const { chunkShape } = layout;
    this.#file = file;
    this.#owner = owner;
    this.#cache = cache;
    this.#shape = space.shape;
    this.#areEdgesFiltered = layout.areEdgesFiltered;
    const grid: ChunkGrid = {
      file,
      chunkShape,
      counts: chunkShape.map((size, i) => Math.ceil(space.shape[i]! / size)),
      maxCounts: chunkShape.map((size, i) => Math.ceil(space.maxShape[i]! / size)),
      elementBytes,
      chunkBytes: elementCount(chunkShape) * elementBytes,
      isFiltered: uses.length > 0,
      sizeBytes: layout.sizeBytes,
    };
    this.#grid = grid;
    this.#find = newFinder(grid, layout);
    this.#decoder = new ChunkDecoder(file, uses, filters, grid.chunkBytes);
  }

  /** The chunks that a box touches, in order. */
  chunksIn(box: Box): Chunk[] {
    const { chunkShape, chunkBytes } = this.#grid;
    this.#file.checkLimit("a chunk", chunkBytes);
    return this.#find({
      lo: box.start.map((start, i) => Math.floor(start / chunkShape[i]!)),
      hi: box.start.map((start, i) => Math.ceil((start + box.shape[i]!) / chunkShape[i]!)),
    });
  }

  /** The bytes of a box when one chunk has all of it in one run: a view; else undefined. */
  view(
    box: Box,
    chunks: readonly Chunk[],
    mode: DecodeMode,
  ): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> | undefined {
    const chunk = chunks[0];
    if (chunk === undefined || chunks.length > 1) return undefined;
    const first = soleRun(this.#boxOf(chunk), box);
    if (first < 0) return undefined;
    const { elementBytes } = this.#grid;
    const read = this.#regionOf(chunk, mode);
    const byteLength = elementCount(box.shape) * elementBytes;
    if (read instanceof Promise) return read.then((region) => region(first * elementBytes, byteLength));
    return read(first * elementBytes, byteLength);
  }

  /** Copies what chunks have of a box into its bytes; a promise when a chunk has to be waited for. */
  copy(box: Box, chunks: readonly Chunk[], dst: Uint8Array, mode: DecodeMode): undefined | Promise<void> {
    let next = 0;
    const copyOne = (chunk: Chunk, read: ReadRegion): void =>
      copyRegion(this.#boxOf(chunk), read, box, dst, this.#grid.elementBytes);
    /** Goes on until a chunk has to be waited for. */
    const advance = (): undefined | Promise<void> => {
      while (next < chunks.length) {
        const chunk = chunks[next++]!;
        const read = this.#regionOf(chunk, mode);
        if (!(read instanceof Promise)) copyOne(chunk, read);
        else return read.then((region) => copyOne(chunk, region)).then(advance);
      }
      return undefined;
    };
    if (mode === "sync") return advance();
    // Async, so that no lane's rejection is lost when another one throws at once.
    const lanes = Array.from({ length: CHUNKS_IN_FLIGHT }, async () => advance());
    return Promise.all(lanes).then(() => undefined);
  }

  #boxOf({ place }: Chunk): Box {
    const { chunkShape } = this.#grid;
    return { start: place.map((index, i) => index * chunkShape[i]!), shape: chunkShape };
  }

  /** What reads a chunk's plain bytes: the file itself where nothing was filtered. */
  #regionOf(chunk: Chunk, mode: DecodeMode): ReadRegion | Promise<ReadRegion> {
    const { address, byteLength, filterMask } = chunk;
    const { chunkBytes, isFiltered, chunkShape } = this.#grid;
    const isBeyondShape = chunk.place.some((at, i) => (at + 1) * chunkShape[i]! > this.#shape[i]!);
    if (!isFiltered || (isBeyondShape && !this.#areEdgesFiltered)) {
      if (!isFiltered && byteLength !== chunkBytes) {
        throw this.#file.corrupt(address, `a chunk has ${byteLength} bytes, ${chunkBytes} are due`);
      }
      return (offset, length) => this.#file.bytes(address + offset, length, "a chunk");
    }
    const cached = this.#cache.get(address);
    if (cached !== undefined && cached.owner === this.#owner) return regionOf(cached.bytes);
    const stored = this.#file.bytes(address, byteLength, "a chunk");
    const bytes = this.#decoder.decode(stored, filterMask, address, mode);
    if (bytes instanceof Promise) return bytes.then((done) => this.#keep(address, done));
    return this.#keep(address, bytes);
  }

  #keep(address: number, bytes: Uint8Array<ArrayBuffer>): ReadRegion {
    this.#file.checkOpen();
    // A chunk above the cache's size would be refused by it.
    if (bytes.length <= this.#cache.capacityBytes) {
      this.#cache.set(address, { owner: this.#owner, bytes }, bytes.length);
    }
    return regionOf(bytes);
  }
}

function regionOf(bytes: Uint8Array<ArrayBuffer>): ReadRegion {
  return (offset, length) => bytes.subarray(offset, offset + length);
}

function newFinder(grid: ChunkGrid, { index }: ChunkedLayout): FindChunks {
  switch (index.kind) {
    case "b-tree-1":
      return chunksOfBTreeV1(grid, index.address);
    case "single":
      return singleChunk(grid, index);
    case "implicit":
      return implicitChunks(grid, index.address);
    case "fixed-array":
      return fixedArrayChunks(grid, index.address);
    case "extensible-array":
      return extensibleArrayChunks(grid, index.address);
    case "b-tree-2":
      return chunksOfBTreeV2(grid, index.address);
  }
}
