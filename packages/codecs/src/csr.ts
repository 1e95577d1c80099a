import { CorruptDataError, InvalidArgumentError } from "@millrace/base";
import { checkRange } from "@millrace/buffers";
import { checkOutput } from "./internal/check-output.ts";

/** Arrays that CSR data may be: one number for each stored entry. */
export type CsrData = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/**
 * Sorts events into compressed sparse rows: `indices[indptr[r] .. indptr[r + 1])` are the columns of row r.
 *
 * A counting sort: stable, so events of a row keep their order; no memory beside the outputs.
 *
 * @param rows - each event's row (a timestep, a neuron), in any order, in [0, indptr.length - 1)
 * @param columns - each event's column, for the same range
 * @param indptr - output, number of rows + 1 entries
 * @param indices - output, `end - start` entries from 0 on
 * @throws InvalidArgumentError for a bad range, too little room, or a row out of range; on the last one the contents
 *   of `indptr` and `indices` are undefined
 * @example
 * // events (1, 7), (0, 3), (1, 2) give indptr 0, 1, 3 and indices 3, 7, 2
 * eventsToCsr(new Uint32Array([1, 0, 1]), new Uint32Array([7, 3, 2]), 0, 3, indptr, indices);
 */
export function eventsToCsr(
  rows: Uint32Array,
  columns: Uint32Array,
  start: number,
  end: number,
  indptr: Uint32Array,
  indices: Uint32Array,
): void {
  checkRange("codecs", "eventsToCsr", start, end, Math.min(rows.length, columns.length));
  checkOutput("eventsToCsr, indices", 0, end - start, indices.length);
  if (countRows(rows, start, end, indptr, indices)) {
    indices.set(columns.subarray(start, end));
    return;
  }
  for (let i = start; i < end; i++) {
    const row = rows[i]!;
    const at = indptr[row]!;
    indices[at] = columns[i]!;
    indptr[row] = at + 1;
  }
  shiftBack(indptr);
}

/**
 * {@link eventsToCsr} with one value for each event, sorted along with the columns.
 * @param values - each event's value
 * @param data - output of the same kind as `values`, `end - start` entries from 0 on
 */
export function weightedEventsToCsr<T extends CsrData>(
  rows: Uint32Array,
  columns: Uint32Array,
  values: T,
  start: number,
  end: number,
  indptr: Uint32Array,
  indices: Uint32Array,
  data: T,
): void {
  const length = Math.min(rows.length, columns.length, values.length);
  checkRange("codecs", "weightedEventsToCsr", start, end, length);
  checkOutput("weightedEventsToCsr", 0, end - start, Math.min(indices.length, data.length));
  countRows(rows, start, end, indptr, indices);
  for (let i = start; i < end; i++) {
    const row = rows[i]!;
    const at = indptr[row]!;
    indices[at] = columns[i]!;
    data[at] = values[i]!;
    indptr[row] = at + 1;
  }
  shiftBack(indptr);
}

/**
 * Writes the row of every stored entry, row by row; with `indices` (and data) as they are that is the event list.
 * @param rows - output, `indptr[rows]` entries from `dstStart` on
 * @returns how many were written
 * @throws CorruptDataError when `indptr` is no CSR row pointer; nothing is written then
 * @throws InvalidArgumentError when they do not fit
 */
export function csrToRows(indptr: Uint32Array, rows: Uint32Array, dstStart = 0): number {
  const length = checkIndptr(indptr);
  checkOutput("csrToRows", dstStart, length, rows.length);
  const rowCount = indptr.length - 1;
  let at = dstStart;
  for (let row = 0; row < rowCount; row++) {
    const end = dstStart + indptr[row + 1]!;
    for (; at < end; at++) rows[at] = row;
  }
  return length;
}

/**
 * Checks a CSR matrix that came from outside: pointers start at 0, never fall, end at the number of indices; columns
 * are in range.
 * @param columnCount - how many columns there are; every index must be below
 * @throws CorruptDataError with the byte offset in the array that is wrong
 */
export function validateCsr(indptr: Uint32Array, indices: Uint32Array, columnCount: number): void {
  const length = checkIndptr(indptr);
  if (length !== indices.length) {
    throw corrupt("indptr", indptr.length - 1, `the last pointer is ${length}, expected ${indices.length}`);
  }
  for (let i = 0; i < length; i++) {
    if (indices[i]! >= columnCount) {
      throw corrupt("indices", i, `column ${indices[i]}, expected one below ${columnCount}`);
    }
  }
}

/**
 * Row starts from unsorted rows; true when the rows were in order already.
 *
 * Two counters for each row, so that an event does not wait for the one before when both are in the same row: the
 * second ones lie in `indices`, which is filled only afterwards.
 */
function countRows(
  rows: Uint32Array,
  start: number,
  end: number,
  indptr: Uint32Array,
  indices: Uint32Array,
): boolean {
  const rowCount = indptr.length - 1;
  if (rowCount < 0) {
    throw new InvalidArgumentError("CODECS_CSR_ROWS", "indptr.length", 0, "number of rows + 1 entries");
  }
  const hasSecond = end - start >= rowCount;
  const second = hasSecond ? indices : indptr;
  indptr.fill(0);
  if (hasSecond) second.fill(0, 0, rowCount);
  let i = start;
  for (const last = end - 1; i < last; i += 2) {
    const row = rows[i]!;
    const next = rows[i + 1]!;
    if (row >= rowCount) throw badRow(i, row, rowCount);
    if (next >= rowCount) throw badRow(i + 1, next, rowCount);
    indptr[row]! += 1;
    second[next]! += 1;
  }
  if (i < end) {
    const row = rows[i]!;
    if (row >= rowCount) throw badRow(i, row, rowCount);
    indptr[row]! += 1;
  }
  let sum = 0;
  for (let row = 0; row < rowCount; row++) {
    const count = indptr[row]! + (hasSecond ? second[row]! : 0);
    indptr[row] = sum;
    sum += count;
  }
  indptr[rowCount] = sum;
  return isSorted(rows, start, end);
}

function badRow(event: number, row: number, rowCount: number): InvalidArgumentError {
  return new InvalidArgumentError("CODECS_CSR_ROWS", `row of event ${event}`, row, `one below ${rowCount}`);
}

/** Apart from the counting: there, a comparison that goes either way for each event costs more than all the rest. */
function isSorted(rows: Uint32Array, start: number, end: number): boolean {
  let i = start + 1;
  while (i < end && rows[i]! >= rows[i - 1]!) i++;
  return i >= end;
}

/** Placing moved each row's start to the next row's start: moving all by one place puts them right again. */
function shiftBack(indptr: Uint32Array): void {
  indptr.copyWithin(1, 0, indptr.length - 1);
  indptr[0] = 0;
}

function checkIndptr(indptr: Uint32Array): number {
  if (indptr.length === 0) throw corrupt("indptr", 0, "it is empty, expected number of rows + 1 entries");
  if (indptr[0] !== 0) throw corrupt("indptr", 0, `the first pointer is ${indptr[0]}, expected 0`);
  for (let i = 1; i < indptr.length; i++) {
    if (indptr[i]! < indptr[i - 1]!) {
      throw corrupt("indptr", i, `pointer ${indptr[i]} follows ${indptr[i - 1]}; they must not fall`);
    }
  }
  return indptr[indptr.length - 1]!;
}

function corrupt(array: string, index: number, problem: string): CorruptDataError {
  return new CorruptDataError("CODECS_CSR_CORRUPT", `CSR ${array}`, index * 4, problem);
}
