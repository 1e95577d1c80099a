import { newGrowable } from "@millrace/buffers";
import { neuronKind, STEPS_PER_OFFSET } from "../columns/spike-columns.ts";
import { damaged, readNumbers, type TreeColumn, type TreeGroup } from "../loader/run-tree.ts";
import { attributesFrom, type ChildMap, columnOf } from "./virtual-tree.ts";

const PIECE_ROWS = 65_536;

/** Where in the ids each 1024th row begins, and how many ids there are. */
interface Offsets {
  readonly column: TreeColumn;
  readonly total: number;
}

/** The offset index of counts, which are read once. */
export function offsetsOf(counts: TreeColumn, group: TreeGroup): Offsets {
  const offsets = newGrowable("int64");
  let total = 0;
  for (let start = 0; start < counts.rows; start += PIECE_ROWS) {
    const piece = readNumbers(counts, start, Math.min(start + PIECE_ROWS, counts.rows));
    for (let i = 0; i < piece.length; i++) {
      if ((start + i) % STEPS_PER_OFFSET === 0) offsets.push(total);
      total += piece[i]!;
    }
  }
  const facts = { unit: "spikes", description: `where in ids each ${STEPS_PER_OFFSET}th row begins` };
  return { column: columnOf(`${group.path}/offsets`, group.file, offsets.view(), facts), total };
}

/**
 * A matrix of one flag a time step and neuron as `counts`, `ids` and `offsets`; what is asked for is found in the
 * matrix again, so that memory does not grow with it.
 */
export function spikesOfMatrix(matrix: TreeColumn, rows: number, group: TreeGroup): ChildMap {
  const neurons = matrix.width ?? 1;
  const counts: TreeColumn = {
    kind: "column",
    file: group.file,
    path: `${group.path}/counts`,
    attributes: attributesFrom({ units: "spikes", description: "spikes in each row" }),
    elements: "uint32",
    width: undefined,
    rows,
    read: (start, stop) => Uint32Array.from(flaggedOf(matrix, start, stop), (ids) => ids.length),
  };
  let known: Offsets | undefined;
  const offsets = (): Offsets => {
    known ??= offsetsOf(counts, group);
    return known;
  };
  const ids = (): TreeColumn => ({
    ...counts,
    path: `${group.path}/ids`,
    attributes: attributesFrom({ units: "neuron", description: "neurons that fired, row after row" }),
    elements: neuronKind(neurons),
    rows: offsets().total,
    read: (start, stop) => idsOfMatrix(matrix, rows, readNumbers(offsets().column), start, stop),
  });
  return { counts, ids, offsets: () => offsets().column };
}

/** Ids [start, stop): found from the block of rows in which the first of them is. */
function idsOfMatrix(
  matrix: TreeColumn,
  rows: number,
  offsets: Float64Array,
  start: number,
  stop: number,
): Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const ids =
    neuronKind(matrix.width ?? 1) === "uint16"
      ? new Uint16Array(stop - start)
      : new Uint32Array(stop - start);
  let block = Math.max(
    0,
    offsets.findLastIndex((offset) => offset <= start),
  );
  let at = offsets[block] ?? 0;
  for (; at < stop; block++) {
    const first = block * STEPS_PER_OFFSET;
    for (const row of flaggedOf(matrix, first, Math.min(first + STEPS_PER_OFFSET, rows))) {
      for (const id of row) {
        if (at >= start && at < stop) ids[at - start] = id;
        at++;
      }
    }
  }
  return ids;
}

/** For each row the neurons whose flag is set. */
function flaggedOf(matrix: TreeColumn, start: number, stop: number): number[][] {
  const width = matrix.width ?? 1;
  const flags = matrix.read(start, stop);
  if (!(flags instanceof Uint8Array || flags instanceof Int8Array))
    throw damaged(matrix, `it holds ${matrix.elements}, not flags`);
  return Array.from({ length: stop - start }, (_, row) => {
    const ids: number[] = [];
    for (let i = 0; i < width; i++) if (flags[row * width + i] !== 0) ids.push(i);
    return ids;
  });
}
