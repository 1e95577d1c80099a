import { checkOneOf, InvalidArgumentError } from "@millrace/base";
import { bytesPerElement, type ElementKind, type TypedArray } from "@millrace/buffers";
import type { TableColumns } from "../table.ts";
import { DATASET_KINDS, type DatasetKind } from "./datatype.ts";
import { checkName } from "./link.ts";

/** A column, and where its values lie in a row. */
export interface TableColumn {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly kind: DatasetKind;
  readonly storageKind: ElementKind;
  /** In bytes from the row's start. */
  readonly offset: number;
}

/** Where the values of a row lie. */
export interface TableLayout {
  readonly rowBytes: number;
  readonly columns: readonly TableColumn[];
}

/** HDF5 counts members with 16 bits, and a row's description must fit into a message of 64 KiB. */
const MAX_COLUMNS = 1000;

const encoder = new TextEncoder();

/** Puts each column at a multiple of its size, and rows at multiples of the largest. @throws InvalidArgumentError */
export function layOutTable(given: TableColumns): TableLayout {
  const entries = Object.entries(given);
  if (entries.length === 0 || entries.length > MAX_COLUMNS) {
    throw new InvalidArgumentError(
      "HDF5_OPTION_VALUE",
      "hdf5 columns",
      `${entries.length} columns`,
      `1 to ${MAX_COLUMNS} of them, such as { x: "uint16", t: "int64" }`,
    );
  }
  let end = 0;
  let alignment = 1;
  const columns = entries.map(([name, kind]): TableColumn => {
    checkName(name, "a column's name");
    checkOneOf("hdf5", `kind of column ${name}`, kind, DATASET_KINDS);
    const storageKind = kind === "boolean" ? "uint8" : kind;
    const size = bytesPerElement(storageKind);
    const offset = Math.ceil(end / size) * size;
    end = offset + size;
    alignment = Math.max(alignment, size);
    return { name, nameBytes: encoder.encode(name), kind, storageKind, offset };
  });
  return { rowBytes: Math.ceil(end / alignment) * alignment, columns };
}

/**
 * Writes rows `from` to `end` of columns into `into`, one behind the other; what lies between the values stays as it is.
 * @param values - an array for each column, of its kind
 * @param into - begins at the beginning of its buffer
 */
export function interleave(
  { rowBytes, columns }: TableLayout,
  values: readonly TypedArray[],
  from: number,
  end: number,
  into: ArrayBuffer,
): void {
  for (const [i, { offset }] of columns.entries()) {
    const { buffer, byteOffset, BYTES_PER_ELEMENT: size, length } = values[i]!;
    if (size === 1) {
      copyBytes(
        new Uint8Array(buffer, byteOffset, length),
        from,
        end,
        new Uint8Array(into),
        offset,
        rowBytes,
      );
    } else if (size === 2) {
      const target = new Uint16Array(into);
      copyHalves(new Uint16Array(buffer, byteOffset, length), from, end, target, offset / 2, rowBytes / 2);
    } else if (size === 4) {
      const target = new Uint32Array(into);
      copyWords(new Uint32Array(buffer, byteOffset, length), from, end, target, offset / 4, rowBytes / 4);
    } else {
      const words = new Uint32Array(buffer, byteOffset, 2 * length);
      copyWordPairs(words, from, end, new Uint32Array(into), offset / 4, rowBytes / 4);
    }
  }
}

// One loop for each width: a loop over several kinds of arrays is several times slower.

function copyBytes(
  src: Uint8Array,
  from: number,
  end: number,
  dst: Uint8Array,
  start: number,
  step: number,
): void {
  for (let i = from, at = start; i < end; i++, at += step) dst[at] = src[i]!;
}

function copyHalves(
  src: Uint16Array,
  from: number,
  end: number,
  dst: Uint16Array,
  start: number,
  step: number,
): void {
  for (let i = from, at = start; i < end; i++, at += step) dst[at] = src[i]!;
}

function copyWords(
  src: Uint32Array,
  from: number,
  end: number,
  dst: Uint32Array,
  start: number,
  step: number,
): void {
  for (let i = from, at = start; i < end; i++, at += step) dst[at] = src[i]!;
}

function copyWordPairs(
  src: Uint32Array,
  from: number,
  end: number,
  dst: Uint32Array,
  start: number,
  step: number,
): void {
  for (let i = 2 * from, at = start; i < 2 * end; i += 2, at += step) {
    dst[at] = src[i]!;
    dst[at + 1] = src[i + 1]!;
  }
}
