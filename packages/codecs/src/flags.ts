import { InvalidArgumentError } from "@millrace/base";
import { checkOutput } from "./internal/check-output.ts";
import { flagKernel, flagRowsAtOnce } from "./simd/flag-kernel.ts";

/** Below so many flags the copies into and out of the kernel's memory cost more than they gain. */
const FEWEST_FLAGS = 1024;

/**
 * Lists the set ones of flags[start, end) by their index from `start`, ascending.
 * @param flags - each 0 or 1
 * @param dst - takes the indices from `dstStart` on; has room for end - start
 * @returns where in `dst` the indices end; -1 when a flag is neither 0 nor 1, and what `dst` holds then is unspecified
 * @example
 * listFlags(Uint8Array.of(0, 1, 1), 0, 3, indices, 0); // 2, and indices begin with 1, 2
 */
export function listFlags(
  flags: Uint8Array,
  start: number,
  end: number,
  dst: Uint16Array | Uint32Array,
  dstStart: number,
): number {
  const count = end - start;
  let bits = 0;
  let at = dstStart;
  let i = 0;
  // Every index is written, and the next one over it unless its flag is set: no branch that could be guessed wrongly.
  for (const groups = count & ~3; i < groups; i += 4) {
    const a = flags[start + i]!;
    const b = flags[start + i + 1]!;
    const c = flags[start + i + 2]!;
    const d = flags[start + i + 3]!;
    bits |= a | b | c | d;
    dst[at] = i;
    dst[at + a] = i + 1;
    dst[at + a + b] = i + 2;
    dst[at + a + b + c] = i + 3;
    at += a + b + c + d;
  }
  for (; i < count; i++) {
    const flag = flags[start + i]!;
    bits |= flag;
    dst[at] = i;
    at += flag;
  }
  return bits > 1 ? -1 : at;
}

/**
 * Lists the set flags of each row: a dense matrix of flags becomes compressed sparse rows.
 *
 * With 128-bit vectors where the engine has them and `indices` are of 16 bits, else by {@link listFlags}; the results are
 * the same.
 *
 * @param flags - row after row, each 0 or 1; as many rows as `columns` goes into its length
 * @param columns - flags of a row, 1 or more
 * @param counts - output, how many are set in each row
 * @param indices - output, their columns, row after row; has room for every flag
 * @returns how many are set; -1 when a flag is neither 0 nor 1, and what the outputs hold then is unspecified
 * @throws InvalidArgumentError when `columns` does not divide the flags, or there is too little room
 * @example
 * flagsToCsr(Uint8Array.of(0, 1, 1, 0), 2, counts, indices); // 2: counts 1, 1 and indices 1, 0
 */
export function flagsToCsr(
  flags: Uint8Array,
  columns: number,
  counts: Uint32Array,
  indices: Uint16Array | Uint32Array,
): number {
  if (!Number.isInteger(columns) || columns < 1 || flags.length % columns !== 0) {
    const expected = `a whole number of 1 or more that divides ${flags.length} flags`;
    throw new InvalidArgumentError("CODECS_FLAGS_COLUMNS", "flagsToCsr, columns", columns, expected);
  }
  const rows = flags.length / columns;
  checkOutput("flagsToCsr, counts", 0, rows, counts.length);
  checkOutput("flagsToCsr, indices", 0, flags.length, indices.length);
  const rowsAtOnce = flagRowsAtOnce(columns);
  const kernel =
    indices instanceof Uint16Array && rowsAtOnce > 0 && flags.length >= FEWEST_FLAGS
      ? flagKernel()
      : undefined;
  if (kernel === undefined) return listRows(flags, columns, rows, counts, indices);
  let at = 0;
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    const found = kernel.run(flags.subarray(row * columns, (row + count) * columns), columns, count);
    if (found < 0) return -1;
    counts.set(kernel.counts.subarray(0, count), row);
    indices.set(kernel.indices.subarray(0, found), at);
    at += found;
  }
  return at;
}

function listRows(
  flags: Uint8Array,
  columns: number,
  rows: number,
  counts: Uint32Array,
  indices: Uint16Array | Uint32Array,
): number {
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const end = listFlags(flags, row * columns, (row + 1) * columns, indices, at);
    if (end < 0) return -1;
    counts[row] = end - at;
    at = end;
  }
  return at;
}
