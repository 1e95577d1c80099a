import { type Box, copyRegion, filledBytes, type ReadRegion, soleRun } from "./box.ts";
import type { DecodeMode } from "./built-in-filters.ts";
import { ChunkStore } from "./chunk-store.ts";
import { type Dataspace, elementCount } from "./dataspace.ts";
import { readFillValue } from "./fill-value.ts";
import type { Hdf5FilterUse } from "./filters.ts";
import { readLayout } from "./layout.ts";
import { MESSAGE, messageOf, type ObjectHeader } from "./object-header.ts";
import type { ReaderContext } from "./reader-context.ts";
import { NO_ADDRESS } from "./reader-file.ts";

/** Where the elements of a dataset come from. */
export interface Storage {
  readonly layout: "compact" | "contiguous" | "chunked";
  readonly chunkShape: readonly number[] | undefined;
  /** The bytes of a box, row-major: a view where they lie together, else a copy. */
  read(box: Box, mode: DecodeMode): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
}

/** Reads the layout of a dataset. @throws CorruptDataError @throws MillraceError `HDF5_UNSUPPORTED_LAYOUT` */
export function openStorage(
  context: ReaderContext,
  header: ObjectHeader,
  space: Dataspace,
  elementBytes: number,
  uses: readonly Hdf5FilterUse[],
): Storage {
  const { file } = context;
  if (header.messages.some(({ type }) => type === MESSAGE.externalFiles)) {
    throw file.unsupported("LAYOUT", "a dataset in external files");
  }
  const cursor = messageOf(file, header, "layout");
  if (cursor === undefined) throw file.corrupt(header.address, "a dataset has no layout");
  const fill = readFillValue(file, header, elementBytes);
  const layout = readLayout(cursor, space.shape.length, elementBytes);
  if (layout.kind === "chunked") {
    const { chunkShape } = layout;
    const { filters, cache } = context;
    const store = new ChunkStore(file, header.address, layout, space, elementBytes, uses, filters, cache);
    return {
      layout: "chunked",
      chunkShape,
      read: (box, mode) => readChunks(store, box, mode, elementBytes, fill),
    };
  }
  const whole: Box = { start: space.shape.map(() => 0), shape: space.shape };
  if (layout.kind === "contiguous" && layout.address === NO_ADDRESS) {
    const read = (box: Box): Uint8Array<ArrayBuffer> =>
      filledBytes(elementCount(box.shape), elementBytes, fill);
    return { layout: "contiguous", chunkShape: undefined, read };
  }
  const region: ReadRegion =
    layout.kind === "compact"
      ? (offset, length) => {
          layout.data.at = offset;
          return layout.data.take(length);
        }
      : (offset, length) => file.bytes(layout.address + offset, length, "a dataset");
  return {
    layout: layout.kind,
    chunkShape: undefined,
    read: (box) => readRegion(whole, region, box, elementBytes),
  };
}

function readRegion(whole: Box, region: ReadRegion, box: Box, elementBytes: number): Uint8Array<ArrayBuffer> {
  const byteLength = elementCount(box.shape) * elementBytes;
  const first = soleRun(whole, box);
  if (first >= 0) return region(first * elementBytes, byteLength);
  const dst = new Uint8Array(byteLength);
  copyRegion(whole, region, box, dst, elementBytes);
  return dst;
}

function readChunks(
  store: ChunkStore,
  box: Box,
  mode: DecodeMode,
  elementBytes: number,
  fill: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
  const chunks = store.chunksIn(box);
  const view = store.view(box, chunks, mode);
  if (view !== undefined) return view;
  const dst = filledBytes(elementCount(box.shape), elementBytes, fill);
  const copying = store.copy(box, chunks, dst, mode);
  return copying === undefined ? dst : copying.then(() => dst);
}
